BEGIN TRANSACTION;
CREATE TABLE `Artifact` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `type_id` INT NOT NULL,    `uri` TEXT,    `state` INT,    `name` VARCHAR(255),    `external_id` VARCHAR(255) UNIQUE,    `create_time_since_epoch` INT NOT NULL DEFAULT 0,    `last_update_time_since_epoch` INT NOT NULL DEFAULT 0,    UNIQUE(`type_id`, `name`)  );
INSERT INTO "Artifact" VALUES(1,15,'/project/tfx_pipeline_output/penguins/CsvExampleGen/examples/1',2,NULL,NULL,1795941870998,1795941870998);
INSERT INTO "Artifact" VALUES(2,17,'/project/tfx_pipeline_output/penguins/StatisticsGen/statistics/2',2,NULL,NULL,1795941871743,1795941871743);
INSERT INTO "Artifact" VALUES(3,19,'/project/tfx_pipeline_output/penguins/SchemaGen/schema/3',2,NULL,NULL,1795941871773,1795941871773);
INSERT INTO "Artifact" VALUES(4,21,'/project/tfx_pipeline_output/penguins/ExampleValidator/anomalies/4',2,NULL,NULL,1795941871805,1795941871805);
INSERT INTO "Artifact" VALUES(5,23,'/project/tfx_pipeline_output/penguins/DataGate/blessing/5',2,NULL,NULL,1795941871831,1795941871831);
INSERT INTO "Artifact" VALUES(6,25,'/project/tfx_pipeline_output/penguins/Transform/updated_analyzer_cache/6',2,NULL,NULL,1795941873862,1795941873862);
INSERT INTO "Artifact" VALUES(7,26,'/project/tfx_pipeline_output/penguins/Transform/transform_graph/6',2,NULL,NULL,1795941873862,1795941873862);
INSERT INTO "Artifact" VALUES(8,28,'/project/tfx_pipeline_output/penguins/Trainer/model/7',2,NULL,NULL,1795941875419,1795941875419);
INSERT INTO "Artifact" VALUES(9,29,'/project/tfx_pipeline_output/penguins/Trainer/model_run/7',2,NULL,NULL,1795941875419,1795941875419);
INSERT INTO "Artifact" VALUES(10,32,'/project/tfx_pipeline_output/penguins/Evaluator/evaluation/9',2,NULL,NULL,1795941876530,1795941876530);
INSERT INTO "Artifact" VALUES(11,33,'/project/tfx_pipeline_output/penguins/Evaluator/blessing/9',2,NULL,NULL,1795941876530,1795941876530);
INSERT INTO "Artifact" VALUES(12,35,'/project/tfx_pipeline_output/penguins/InfraCheck/blessing/10',2,NULL,NULL,1795941876784,1795941876784);
INSERT INTO "Artifact" VALUES(13,37,'/project/tfx_pipeline_output/penguins/Pusher/pushed_model/11',2,NULL,NULL,1795941876818,1795941876818);
CREATE TABLE `ArtifactProperty` (    `artifact_id` INT NOT NULL,    `name` VARCHAR(255) NOT NULL,    `is_custom_property` TINYINT(1) NOT NULL,    `int_value` INT,    `double_value` DOUBLE,    `string_value` TEXT,    `byte_value` BLOB,    `proto_value` BLOB,    `bool_value` BOOLEAN,  PRIMARY KEY (`artifact_id`, `name`, `is_custom_property`));
INSERT INTO "ArtifactProperty" VALUES(1,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'span',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'payload_format',1,NULL,NULL,'FORMAT_TF_EXAMPLE',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'file_format',1,NULL,NULL,'tfrecords_gzip',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'input_fingerprint',1,NULL,NULL,'split:all,num_files:1,total_bytes:15203,xor_checksum:0,sum_checksum:0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'span',0,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'sample_rate_by_split',1,NULL,NULL,'mlmd-struct::CioKCV9fdmFsdWVfXxIdGht7ImV2YWwiOiAxLjAsICJ0cmFpbiI6IDEuMH0=',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'stats_dashboard_link',1,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(3,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(3,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(4,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(4,'span',0,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(4,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(4,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(4,'blessed',1,NULL,NULL,'mlmd-struct::ChIKBXRyYWluEgkRAAAAAAAA8D8KEQoEZXZhbBIJEQAAAAAAAPA/',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(5,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(5,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(6,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(6,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(7,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(7,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(8,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(8,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(9,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(9,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(10,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(10,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(11,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(11,'blessed',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(11,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(11,'current_model',1,NULL,NULL,'/project/tfx_pipeline_output/penguins/Trainer/model/7',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(11,'current_model_id',1,8,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'grpc_p99',1,NULL,2.595596,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'largest_difference',1,NULL,0.0,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'grpc_p50',1,NULL,1.054925,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'current_model_id',1,8,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'rest_p50',1,NULL,0.414357,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'rest_p99',1,NULL,1.34684,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'blessed',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'rows',1,32,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'server',1,NULL,NULL,'embedded server',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(13,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(13,'pushed_destination',1,NULL,NULL,'/project/serving_model/penguins/1795941876',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(13,'pushed_version',1,NULL,NULL,'1795941876',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(13,'pushed',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(13,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
CREATE TABLE `Association` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `context_id` INT NOT NULL,    `execution_id` INT NOT NULL,    UNIQUE(`context_id`, `execution_id`)  );
INSERT INTO "Association" VALUES(1,1,1);
INSERT INTO "Association" VALUES(2,2,1);
INSERT INTO "Association" VALUES(3,3,1);
INSERT INTO "Association" VALUES(4,4,1);
INSERT INTO "Association" VALUES(5,1,2);
INSERT INTO "Association" VALUES(6,2,2);
INSERT INTO "Association" VALUES(7,5,2);
INSERT INTO "Association" VALUES(8,6,2);
INSERT INTO "Association" VALUES(9,1,3);
INSERT INTO "Association" VALUES(10,2,3);
INSERT INTO "Association" VALUES(11,7,3);
INSERT INTO "Association" VALUES(12,8,3);
INSERT INTO "Association" VALUES(13,1,4);
INSERT INTO "Association" VALUES(14,2,4);
INSERT INTO "Association" VALUES(15,9,4);
INSERT INTO "Association" VALUES(16,10,4);
INSERT INTO "Association" VALUES(17,1,5);
INSERT INTO "Association" VALUES(18,2,5);
INSERT INTO "Association" VALUES(19,11,5);
INSERT INTO "Association" VALUES(20,12,5);
INSERT INTO "Association" VALUES(21,1,6);
INSERT INTO "Association" VALUES(22,2,6);
INSERT INTO "Association" VALUES(23,13,6);
INSERT INTO "Association" VALUES(24,14,6);
INSERT INTO "Association" VALUES(25,1,7);
INSERT INTO "Association" VALUES(26,2,7);
INSERT INTO "Association" VALUES(27,15,7);
INSERT INTO "Association" VALUES(28,16,7);
INSERT INTO "Association" VALUES(29,1,8);
INSERT INTO "Association" VALUES(30,2,8);
INSERT INTO "Association" VALUES(31,17,8);
INSERT INTO "Association" VALUES(32,1,9);
INSERT INTO "Association" VALUES(33,2,9);
INSERT INTO "Association" VALUES(34,18,9);
INSERT INTO "Association" VALUES(35,19,9);
INSERT INTO "Association" VALUES(36,1,10);
INSERT INTO "Association" VALUES(37,2,10);
INSERT INTO "Association" VALUES(38,20,10);
INSERT INTO "Association" VALUES(39,21,10);
INSERT INTO "Association" VALUES(40,1,11);
INSERT INTO "Association" VALUES(41,2,11);
INSERT INTO "Association" VALUES(42,22,11);
INSERT INTO "Association" VALUES(43,23,11);
CREATE TABLE `Attribution` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `context_id` INT NOT NULL,    `artifact_id` INT NOT NULL,    UNIQUE(`context_id`, `artifact_id`)  );
INSERT INTO "Attribution" VALUES(1,1,1);
INSERT INTO "Attribution" VALUES(2,2,1);
INSERT INTO "Attribution" VALUES(3,3,1);
INSERT INTO "Attribution" VALUES(4,4,1);
INSERT INTO "Attribution" VALUES(5,5,1);
INSERT INTO "Attribution" VALUES(6,1,2);
INSERT INTO "Attribution" VALUES(7,2,2);
INSERT INTO "Attribution" VALUES(8,5,2);
INSERT INTO "Attribution" VALUES(9,6,2);
INSERT INTO "Attribution" VALUES(10,7,2);
INSERT INTO "Attribution" VALUES(11,1,3);
INSERT INTO "Attribution" VALUES(12,2,3);
INSERT INTO "Attribution" VALUES(13,7,3);
INSERT INTO "Attribution" VALUES(14,8,3);
INSERT INTO "Attribution" VALUES(15,9,2);
INSERT INTO "Attribution" VALUES(16,9,3);
INSERT INTO "Attribution" VALUES(17,1,4);
INSERT INTO "Attribution" VALUES(18,2,4);
INSERT INTO "Attribution" VALUES(19,9,4);
INSERT INTO "Attribution" VALUES(20,10,4);
INSERT INTO "Attribution" VALUES(21,11,3);
INSERT INTO "Attribution" VALUES(22,11,4);
INSERT INTO "Attribution" VALUES(23,11,1);
INSERT INTO "Attribution" VALUES(24,1,5);
INSERT INTO "Attribution" VALUES(25,2,5);
INSERT INTO "Attribution" VALUES(26,11,5);
INSERT INTO "Attribution" VALUES(27,12,5);
INSERT INTO "Attribution" VALUES(28,13,3);
INSERT INTO "Attribution" VALUES(29,13,1);
INSERT INTO "Attribution" VALUES(30,1,6);
INSERT INTO "Attribution" VALUES(31,1,7);
INSERT INTO "Attribution" VALUES(32,2,6);
INSERT INTO "Attribution" VALUES(33,2,7);
INSERT INTO "Attribution" VALUES(34,13,6);
INSERT INTO "Attribution" VALUES(35,13,7);
INSERT INTO "Attribution" VALUES(36,14,6);
INSERT INTO "Attribution" VALUES(37,14,7);
INSERT INTO "Attribution" VALUES(38,15,3);
INSERT INTO "Attribution" VALUES(39,15,1);
INSERT INTO "Attribution" VALUES(40,15,7);
INSERT INTO "Attribution" VALUES(41,1,8);
INSERT INTO "Attribution" VALUES(42,1,9);
INSERT INTO "Attribution" VALUES(43,2,8);
INSERT INTO "Attribution" VALUES(44,2,9);
INSERT INTO "Attribution" VALUES(45,15,8);
INSERT INTO "Attribution" VALUES(46,15,9);
INSERT INTO "Attribution" VALUES(47,16,8);
INSERT INTO "Attribution" VALUES(48,16,9);
INSERT INTO "Attribution" VALUES(49,17,8);
INSERT INTO "Attribution" VALUES(50,18,1);
INSERT INTO "Attribution" VALUES(51,18,8);
INSERT INTO "Attribution" VALUES(52,1,10);
INSERT INTO "Attribution" VALUES(53,1,11);
INSERT INTO "Attribution" VALUES(54,2,10);
INSERT INTO "Attribution" VALUES(55,2,11);
INSERT INTO "Attribution" VALUES(56,18,10);
INSERT INTO "Attribution" VALUES(57,18,11);
INSERT INTO "Attribution" VALUES(58,19,10);
INSERT INTO "Attribution" VALUES(59,19,11);
INSERT INTO "Attribution" VALUES(60,20,1);
INSERT INTO "Attribution" VALUES(61,20,8);
INSERT INTO "Attribution" VALUES(62,1,12);
INSERT INTO "Attribution" VALUES(63,2,12);
INSERT INTO "Attribution" VALUES(64,20,12);
INSERT INTO "Attribution" VALUES(65,21,12);
INSERT INTO "Attribution" VALUES(66,22,11);
INSERT INTO "Attribution" VALUES(67,22,8);
INSERT INTO "Attribution" VALUES(68,22,12);
INSERT INTO "Attribution" VALUES(69,1,13);
INSERT INTO "Attribution" VALUES(70,2,13);
INSERT INTO "Attribution" VALUES(71,22,13);
INSERT INTO "Attribution" VALUES(72,23,13);
CREATE TABLE `Context` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `type_id` INT NOT NULL,    `name` VARCHAR(255) NOT NULL,    `external_id` VARCHAR(255) UNIQUE,    `create_time_since_epoch` INT NOT NULL DEFAULT 0,    `last_update_time_since_epoch` INT NOT NULL DEFAULT 0,    UNIQUE(`type_id`, `name`)  );
INSERT INTO "Context" VALUES(1,10,'penguins',NULL,1795941870803,1795941870803);
INSERT INTO "Context" VALUES(2,11,'20261129-084426-216',NULL,1795941870805,1795941870805);
INSERT INTO "Context" VALUES(3,12,'penguins.CsvExampleGen',NULL,1795941870807,1795941870807);
INSERT INTO "Context" VALUES(4,14,'a6ca40e785022adc749a8d9455c8753e6d2af082378b27d08aff5273838ae64b',NULL,1795941870820,1795941870820);
INSERT INTO "Context" VALUES(5,12,'penguins.StatisticsGen',NULL,1795941871004,1795941871004);
INSERT INTO "Context" VALUES(6,14,'8eae599409e562a8af7391b4949de47c968a06a30d7e936438d2bbd81918bda0',NULL,1795941871013,1795941871013);
INSERT INTO "Context" VALUES(7,12,'penguins.SchemaGen',NULL,1795941871750,1795941871750);
INSERT INTO "Context" VALUES(8,14,'077ad424562b92aecd39df089d2a0599773d33e0d212628993a22920f69652e0',NULL,1795941871761,1795941871761);
INSERT INTO "Context" VALUES(9,12,'penguins.ExampleValidator',NULL,1795941871780,1795941871780);
INSERT INTO "Context" VALUES(10,14,'2982538f1f21679b50a95931df6e8993f3c7fc80ac6cef84e5d1e5d6e920b9c8',NULL,1795941871792,1795941871792);
INSERT INTO "Context" VALUES(11,12,'penguins.DataGate',NULL,1795941871811,1795941871811);
INSERT INTO "Context" VALUES(12,14,'a265808f6d91d50ff61303b320f4619cc6b49f29907ff679d2b18a8cf6fcce9a',NULL,1795941871822,1795941871822);
INSERT INTO "Context" VALUES(13,12,'penguins.Transform',NULL,1795941871836,1795941871836);
INSERT INTO "Context" VALUES(14,14,'6f5cfe95f179ccfc3f29266e3378d82c54b5ecff76a6e6038cea8c0ea93ebbf9',NULL,1795941871847,1795941871847);
INSERT INTO "Context" VALUES(15,12,'penguins.Trainer',NULL,1795941873869,1795941873869);
INSERT INTO "Context" VALUES(16,14,'5defdd5b91f5e0a2b5daf978e62c472877b413a761c5da4f5bdf28116db2f3a3',NULL,1795941873882,1795941873882);
INSERT INTO "Context" VALUES(17,12,'penguins.latest_blessed_model_resolver',NULL,1795941875427,1795941875427);
INSERT INTO "Context" VALUES(18,12,'penguins.Evaluator',NULL,1795941875508,1795941875508);
INSERT INTO "Context" VALUES(19,14,'4ff9a7a96da4cc48703e0d7fe357df76766b2314abb1ab0a2dc71da73fc541eb',NULL,1795941875523,1795941875523);
INSERT INTO "Context" VALUES(20,12,'penguins.InfraCheck',NULL,1795941876536,1795941876536);
INSERT INTO "Context" VALUES(21,14,'1db2ed43e757697bd6c82371540a9e72ee712c70847c2508d0907ce0cd3e449f',NULL,1795941876546,1795941876546);
INSERT INTO "Context" VALUES(22,12,'penguins.Pusher',NULL,1795941876790,1795941876790);
INSERT INTO "Context" VALUES(23,14,'59c132186c273eb903d12004d44ef23bfac9fed85354b550ca24aedc8a5200ed',NULL,1795941876804,1795941876804);
CREATE TABLE `ContextProperty` (    `context_id` INT NOT NULL,    `name` VARCHAR(255) NOT NULL,    `is_custom_property` TINYINT(1) NOT NULL,    `int_value` INT,    `double_value` DOUBLE,    `string_value` TEXT,    `byte_value` BLOB,    `proto_value` BLOB,    `bool_value` BOOLEAN,  PRIMARY KEY (`context_id`, `name`, `is_custom_property`));
CREATE TABLE `Event` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `artifact_id` INT NOT NULL,    `execution_id` INT NOT NULL,    `type` INT NOT NULL,    `milliseconds_since_epoch` INT,    UNIQUE(`artifact_id`, `execution_id`, `type`)  );
INSERT INTO "Event" VALUES(1,1,1,4,1795941870998);
INSERT INTO "Event" VALUES(2,1,2,3,1795941871009);
INSERT INTO "Event" VALUES(3,2,2,4,1795941871744);
INSERT INTO "Event" VALUES(4,2,3,3,1795941871757);
INSERT INTO "Event" VALUES(5,3,3,4,1795941871773);
INSERT INTO "Event" VALUES(6,2,4,3,1795941871787);
INSERT INTO "Event" VALUES(7,3,4,3,1795941871787);
INSERT INTO "Event" VALUES(8,4,4,4,1795941871805);
INSERT INTO "Event" VALUES(9,4,5,3,1795941871819);
INSERT INTO "Event" VALUES(10,1,5,3,1795941871819);
INSERT INTO "Event" VALUES(11,3,5,3,1795941871819);
INSERT INTO "Event" VALUES(12,5,5,4,1795941871831);
INSERT INTO "Event" VALUES(13,3,6,3,1795941871843);
INSERT INTO "Event" VALUES(14,1,6,3,1795941871843);
INSERT INTO "Event" VALUES(15,6,6,4,1795941873862);
INSERT INTO "Event" VALUES(16,7,6,4,1795941873862);
INSERT INTO "Event" VALUES(17,3,7,3,1795941873877);
INSERT INTO "Event" VALUES(18,1,7,3,1795941873877);
INSERT INTO "Event" VALUES(19,7,7,3,1795941873877);
INSERT INTO "Event" VALUES(20,8,7,4,1795941875419);
INSERT INTO "Event" VALUES(21,9,7,4,1795941875419);
INSERT INTO "Event" VALUES(22,8,8,6,1795941875439);
INSERT INTO "Event" VALUES(23,8,9,3,1795941875517);
INSERT INTO "Event" VALUES(24,1,9,3,1795941875517);
INSERT INTO "Event" VALUES(25,10,9,4,1795941876530);
INSERT INTO "Event" VALUES(26,11,9,4,1795941876530);
INSERT INTO "Event" VALUES(27,1,10,3,1795941876543);
INSERT INTO "Event" VALUES(28,8,10,3,1795941876543);
INSERT INTO "Event" VALUES(29,12,10,4,1795941876784);
INSERT INTO "Event" VALUES(30,8,11,3,1795941876799);
INSERT INTO "Event" VALUES(31,12,11,3,1795941876799);
INSERT INTO "Event" VALUES(32,11,11,3,1795941876799);
INSERT INTO "Event" VALUES(33,13,11,4,1795941876818);
CREATE TABLE `EventPath` (    `event_id` INT NOT NULL,    `is_index_step` TINYINT(1) NOT NULL,    `step_index` INT,    `step_key` TEXT  );
INSERT INTO "EventPath" VALUES(1,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(1,1,0,NULL);
INSERT INTO "EventPath" VALUES(2,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(2,1,0,NULL);
INSERT INTO "EventPath" VALUES(3,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(3,1,0,NULL);
INSERT INTO "EventPath" VALUES(4,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(4,1,0,NULL);
INSERT INTO "EventPath" VALUES(5,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(5,1,0,NULL);
INSERT INTO "EventPath" VALUES(6,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(6,1,0,NULL);
INSERT INTO "EventPath" VALUES(7,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(7,1,0,NULL);
INSERT INTO "EventPath" VALUES(8,0,NULL,'anomalies');
INSERT INTO "EventPath" VALUES(8,1,0,NULL);
INSERT INTO "EventPath" VALUES(9,0,NULL,'anomalies');
INSERT INTO "EventPath" VALUES(9,1,0,NULL);
INSERT INTO "EventPath" VALUES(10,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(10,1,0,NULL);
INSERT INTO "EventPath" VALUES(11,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(11,1,0,NULL);
INSERT INTO "EventPath" VALUES(12,0,NULL,'blessing');
INSERT INTO "EventPath" VALUES(12,1,0,NULL);
INSERT INTO "EventPath" VALUES(13,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(13,1,0,NULL);
INSERT INTO "EventPath" VALUES(14,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(14,1,0,NULL);
INSERT INTO "EventPath" VALUES(15,0,NULL,'updated_analyzer_cache');
INSERT INTO "EventPath" VALUES(15,1,0,NULL);
INSERT INTO "EventPath" VALUES(16,0,NULL,'transform_graph');
INSERT INTO "EventPath" VALUES(16,1,0,NULL);
INSERT INTO "EventPath" VALUES(17,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(17,1,0,NULL);
INSERT INTO "EventPath" VALUES(18,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(18,1,0,NULL);
INSERT INTO "EventPath" VALUES(19,0,NULL,'transform_graph');
INSERT INTO "EventPath" VALUES(19,1,0,NULL);
INSERT INTO "EventPath" VALUES(20,0,NULL,'model');
INSERT INTO "EventPath" VALUES(20,1,0,NULL);
INSERT INTO "EventPath" VALUES(21,0,NULL,'model_run');
INSERT INTO "EventPath" VALUES(21,1,0,NULL);
INSERT INTO "EventPath" VALUES(22,0,NULL,'candidate');
INSERT INTO "EventPath" VALUES(22,1,0,NULL);
INSERT INTO "EventPath" VALUES(23,0,NULL,'model');
INSERT INTO "EventPath" VALUES(23,1,0,NULL);
INSERT INTO "EventPath" VALUES(24,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(24,1,0,NULL);
INSERT INTO "EventPath" VALUES(25,0,NULL,'evaluation');
INSERT INTO "EventPath" VALUES(25,1,0,NULL);
INSERT INTO "EventPath" VALUES(26,0,NULL,'blessing');
INSERT INTO "EventPath" VALUES(26,1,0,NULL);
INSERT INTO "EventPath" VALUES(27,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(27,1,0,NULL);
INSERT INTO "EventPath" VALUES(28,0,NULL,'model');
INSERT INTO "EventPath" VALUES(28,1,0,NULL);
INSERT INTO "EventPath" VALUES(29,0,NULL,'blessing');
INSERT INTO "EventPath" VALUES(29,1,0,NULL);
INSERT INTO "EventPath" VALUES(30,0,NULL,'model');
INSERT INTO "EventPath" VALUES(30,1,0,NULL);
INSERT INTO "EventPath" VALUES(31,0,NULL,'infra_blessing');
INSERT INTO "EventPath" VALUES(31,1,0,NULL);
INSERT INTO "EventPath" VALUES(32,0,NULL,'model_blessing');
INSERT INTO "EventPath" VALUES(32,1,0,NULL);
INSERT INTO "EventPath" VALUES(33,0,NULL,'pushed_model');
INSERT INTO "EventPath" VALUES(33,1,0,NULL);
CREATE TABLE `Execution` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `type_id` INT NOT NULL,    `last_known_state` INT,    `name` VARCHAR(255),    `external_id` VARCHAR(255) UNIQUE,    `create_time_since_epoch` INT NOT NULL DEFAULT 0,    `last_update_time_since_epoch` INT NOT NULL DEFAULT 0,    UNIQUE(`type_id`, `name`)  );
INSERT INTO "Execution" VALUES(1,13,3,'1a3f312a-13b1-4c26-b668-d22daf69514e',NULL,1795941870813,1795941870998);
INSERT INTO "Execution" VALUES(2,16,3,'1c0eaf06-76b9-4fb3-bb24-cdb12a8376c8',NULL,1795941871009,1795941871744);
INSERT INTO "Execution" VALUES(3,18,3,'83a310c8-f447-4cf3-978b-3086833308eb',NULL,1795941871757,1795941871773);
INSERT INTO "Execution" VALUES(4,20,3,'fb36b158-7593-4609-ab25-efd259ffc285',NULL,1795941871787,1795941871805);
INSERT INTO "Execution" VALUES(5,22,3,'b7dbc125-7b8b-4949-9e96-b7c3f397d4da',NULL,1795941871818,1795941871831);
INSERT INTO "Execution" VALUES(6,24,3,'9d0800f2-7dc0-4215-96ce-3f4899c2504c',NULL,1795941871843,1795941873862);
INSERT INTO "Execution" VALUES(7,27,3,'ee5501c2-2aaf-4016-baf0-4a7a37ccb39d',NULL,1795941873877,1795941875419);
INSERT INTO "Execution" VALUES(8,30,3,'bc8cfef2-9428-4ab8-beb8-9c99d5363bac',NULL,1795941875437,1795941875439);
INSERT INTO "Execution" VALUES(9,31,3,'f0669e23-fd7f-439a-9773-42c072459a33',NULL,1795941875517,1795941876530);
INSERT INTO "Execution" VALUES(10,34,3,'67623a41-61e9-4e77-97b1-1406504c588f',NULL,1795941876542,1795941876784);
INSERT INTO "Execution" VALUES(11,36,3,'83a5767f-db2d-4a2e-95c9-4b4b6b98443b',NULL,1795941876799,1795941876818);
CREATE TABLE `ExecutionProperty` (    `execution_id` INT NOT NULL,    `name` VARCHAR(255) NOT NULL,    `is_custom_property` TINYINT(1) NOT NULL,    `int_value` INT,    `double_value` DOUBLE,    `string_value` TEXT,    `byte_value` BLOB,    `proto_value` BLOB,    `bool_value` BOOLEAN,  PRIMARY KEY (`execution_id`, `name`, `is_custom_property`));
INSERT INTO "ExecutionProperty" VALUES(1,'output_file_format',1,5,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'custom_config',1,NULL,NULL,'{
  "custom_config": {
    "@type": "type.googleapis.com/google.protobuf.Struct",
    "value": {
      "split_seed": 0.0
    }
  }
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'output_data_format',1,6,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'code_fingerprint',1,NULL,NULL,'64d1b24e0340018e',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'input_config',1,NULL,NULL,'{
  "splits": [
    {
      "name": "all",
      "pattern": "*.csv"
    }
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'output_config',1,NULL,NULL,'{
  "split_config": {
    "splits": [
      {
        "hash_buckets": 2,
        "name": "train"
      },
      {
        "hash_buckets": 1,
        "name": "eval"
      }
    ]
  }
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'input_base',1,NULL,NULL,'/project/tfx_pipeline_output/penguins/input/c4f24d0b748a689a',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'input_fingerprint',1,NULL,NULL,'split:all,num_files:1,total_bytes:15203,xor_checksum:0,sum_checksum:0',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'span',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(2,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(2,'code_fingerprint',1,NULL,NULL,'66395a95b03b10dc',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(3,'infer_feature_shape',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(3,'code_fingerprint',1,NULL,NULL,'75be257e72fdc839',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(3,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(4,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(4,'code_fingerprint',1,NULL,NULL,'75be257e72fdc839',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(5,'refuse_warnings',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(5,'code_fingerprint',1,NULL,NULL,'b3c8f32c6fef72a1',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(6,'preprocessing_fn',1,NULL,NULL,'tfx_pipeline.modules.preprocessing.preprocessing_fn',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(6,'force_tf_compat_v1',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(6,'code_fingerprint',1,NULL,NULL,'50de259d23437df3',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(6,'disable_statistics',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(6,'custom_config',1,NULL,NULL,'{"features": {"bill_depth_mm": {"buckets": 0, "kind": "numeric", "scale": "zscore"}, "bill_length_mm": {"buckets": 0, "kind": "numeric", "scale": "zscore"}, "body_mass_g": {"buckets": 0, "kind": "numeric", "scale": "zscore"}, "flipper_length_mm": {"buckets": 0, "kind": "numeric", "scale": "zscore"}, "island": {"kind": "categorical", "max_vocabulary": 1000, "min_frequency": 1, "oov_buckets": 1}, "sex": {"kind": "categorical", "max_vocabulary": 1000, "min_frequency": 1, "oov_buckets": 1}}, "label": {"classes": ["Adelie", "Chinstrap", "Gentoo"], "column": "species", "rule": null, "task": "multiclass"}, "lookups": {}}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(7,'eval_args',1,NULL,NULL,'{
  "splits": [
    "eval"
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(7,'train_args',1,NULL,NULL,'{
  "splits": [
    "train"
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(7,'code_fingerprint',1,NULL,NULL,'a8a9e08579764d95',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(7,'run_fn',1,NULL,NULL,'tfx_pipeline.modules.training.run_fn',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(7,'custom_config',1,NULL,NULL,'{"features": {"bill_depth_mm": {"buckets": 0, "kind": "numeric", "scale": "zscore"}, "bill_length_mm": {"buckets": 0, "kind": "numeric", "scale": "zscore"}, "body_mass_g": {"buckets": 0, "kind": "numeric", "scale": "zscore"}, "flipper_length_mm": {"buckets": 0, "kind": "numeric", "scale": "zscore"}, "island": {"kind": "categorical", "max_vocabulary": 1000, "min_frequency": 1, "oov_buckets": 1}, "sex": {"kind": "categorical", "max_vocabulary": 1000, "min_frequency": 1, "oov_buckets": 1}}, "label": {"classes": ["Adelie", "Chinstrap", "Gentoo"], "column": "species", "rule": null, "task": "multiclass"}, "lookups": {}, "model": {"activation": "relu", "batch_size": 16, "dropout": 0.0, "early_stopping": {"min_delta": 0.0, "patience": 10, "validation_share": 0.1}, "embedding_dim": 8, "epochs": 60, "family": "dnn", "hidden_units": [16], "l2": 0.0, "optimizer": {"learning_rate": 0.01, "name": "adam"}, "seed": 0}, "raw_features": ["island", "sex", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"], "smoke_rows": 32}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(9,'gates',1,NULL,NULL,'{"classes": ["Adelie", "Chinstrap", "Gentoo"], "metrics": ["accuracy", "log_loss"], "task": "multiclass", "thresholds": {"accuracy": {"max": null, "max_loss_against_baseline": 0.05, "min": 0.9}}}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(9,'code_fingerprint',1,NULL,NULL,'151d639e09c6ac87',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(9,'example_splits',1,NULL,NULL,'["eval"]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(9,'eval_config',1,NULL,NULL,'{
  "metrics_specs": [
    {
      "metrics": [
        {
          "class_name": "ExampleCount"
        },
        {
          "class_name": "RowMetric",
          "config": "{\"name\": \"counts\", \"task\": \"multiclass\", \"classes\": 3}",
          "module": "tfx_pipeline.components.evaluator.row_metric"
        },
        {
          "class_name": "RowMetric",
          "config": "{\"name\": \"accuracy\", \"task\": \"multiclass\", \"classes\": 3}",
          "module": "tfx_pipeline.components.evaluator.row_metric",
          "per_slice_thresholds": [
            {
              "slicing_specs": [
                {}
              ],
              "threshold": {
                "change_threshold": {
                  "absolute": -0.05,
                  "direction": "HIGHER_IS_BETTER"
                },
                "value_threshold": {
                  "lower_bound": 0.9
                }
              }
            }
          ]
        },
        {
          "class_name": "RowMetric",
          "config": "{\"name\": \"log_loss\", \"task\": \"multiclass\", \"classes\": 3}",
          "module": "tfx_pipeline.components.evaluator.row_metric"
        }
      ]
    }
  ],
  "model_specs": [
    {
      "example_weight_key": "label_known",
      "label_key": "label",
      "model_type": "tf_generic",
      "prediction_key": "probabilities",
      "preprocessing_function_names": [
        "transform_features"
      ],
      "signature_name": "serving_examples"
    }
  ],
  "options": {
    "include_default_metrics": false
  },
  "slicing_specs": [
    {},
    {
      "feature_keys": [
        "island"
      ]
    }
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(9,'fairness_indicator_thresholds',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(10,'load_timeout_s',1,NULL,120.0,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(10,'model_name',1,NULL,NULL,'penguins',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(10,'server',1,NULL,NULL,'auto',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(10,'code_fingerprint',1,NULL,NULL,'48733fe1200b5e50',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(11,'code_fingerprint',1,NULL,NULL,'a7d7305915d8dd34',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(11,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(11,'push_destination',1,NULL,NULL,'{
  "filesystem": {
    "base_directory": "/project/serving_model/penguins"
  }
}',NULL,NULL,NULL);
CREATE TABLE `MLMDEnv` (    `schema_version` INTEGER PRIMARY KEY  );
INSERT INTO "MLMDEnv" VALUES(10);
CREATE TABLE `ParentContext` (    `context_id` INT NOT NULL,    `parent_context_id` INT NOT NULL,  PRIMARY KEY (`context_id`, `parent_context_id`));
INSERT INTO "ParentContext" VALUES(2,1);
CREATE TABLE `ParentType` (    `type_id` INT NOT NULL,    `parent_type_id` INT NOT NULL,  PRIMARY KEY (`type_id`, `parent_type_id`));
INSERT INTO "ParentType" VALUES(15,1);
INSERT INTO "ParentType" VALUES(16,7);
INSERT INTO "ParentType" VALUES(17,4);
INSERT INTO "ParentType" VALUES(18,7);
INSERT INTO "ParentType" VALUES(24,6);
INSERT INTO "ParentType" VALUES(27,5);
INSERT INTO "ParentType" VALUES(28,2);
INSERT INTO "ParentType" VALUES(31,8);
INSERT INTO "ParentType" VALUES(36,9);
INSERT INTO "ParentType" VALUES(37,2);
CREATE TABLE `Type` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `name` VARCHAR(255) NOT NULL,    `version` VARCHAR(255),    `type_kind` TINYINT(1) NOT NULL,    `description` TEXT,    `input_type` TEXT,    `output_type` TEXT,    `external_id` VARCHAR(255) UNIQUE );
INSERT INTO "Type" VALUES(1,'mlmd.Dataset',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(2,'mlmd.Model',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(3,'mlmd.Metrics',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(4,'mlmd.Statistics',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(5,'mlmd.Train',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(6,'mlmd.Transform',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(7,'mlmd.Process',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(8,'mlmd.Evaluate',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(9,'mlmd.Deploy',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(10,'pipeline',NULL,2,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(11,'pipeline_run',NULL,2,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(12,'node',NULL,2,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(13,'tfx.components.example_gen.component.FileBasedExampleGen',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(14,'execution_cache',NULL,2,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(15,'Examples',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(16,'tfx.components.statistics_gen.component.StatisticsGen',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(17,'ExampleStatistics',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(18,'tfx.components.schema_gen.component.SchemaGen',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(19,'Schema',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(20,'tfx.components.example_validator.component.ExampleValidator',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(21,'ExampleAnomalies',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(22,'tfx_pipeline.components.data_gate.DataGate',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(23,'tfx_pipeline.DataBlessing',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(24,'tfx.components.transform.component.Transform',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(25,'TransformCache',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(26,'TransformGraph',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(27,'tfx.components.trainer.component.Trainer',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(28,'Model',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(29,'ModelRun',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(30,'tfx.dsl.components.common.resolver.Resolver',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(31,'tfx_pipeline.components.evaluator.component.GatedEvaluator',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(32,'ModelEvaluation',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(33,'ModelBlessing',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(34,'tfx_pipeline.components.infra_check.InfraCheck',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(35,'InfraBlessing',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(36,'tfx_pipeline.components.pusher.AtomicPusher',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(37,'PushedModel',NULL,1,NULL,NULL,NULL,NULL);
CREATE TABLE `TypeProperty` (    `type_id` INT NOT NULL,    `name` VARCHAR(255) NOT NULL,    `data_type` INT NULL,  PRIMARY KEY (`type_id`, `name`));
INSERT INTO "TypeProperty" VALUES(15,'split_names',3);
INSERT INTO "TypeProperty" VALUES(15,'span',1);
INSERT INTO "TypeProperty" VALUES(15,'version',1);
INSERT INTO "TypeProperty" VALUES(17,'split_names',3);
INSERT INTO "TypeProperty" VALUES(17,'span',1);
INSERT INTO "TypeProperty" VALUES(21,'span',1);
INSERT INTO "TypeProperty" VALUES(21,'split_names',3);
CREATE INDEX `idx_artifact_uri`  ON `Artifact`(`uri`);
CREATE INDEX `idx_artifact_create_time_since_epoch`  ON `Artifact`(`create_time_since_epoch`);
CREATE INDEX `idx_artifact_last_update_time_since_epoch`  ON `Artifact`(`last_update_time_since_epoch`);
CREATE INDEX `idx_event_execution_id`  ON `Event`(`execution_id`);
CREATE INDEX `idx_parentcontext_parent_context_id`  ON `ParentContext`(`parent_context_id`);
CREATE INDEX `idx_type_name`  ON `Type`(`name`);
CREATE INDEX `idx_execution_create_time_since_epoch`  ON `Execution`(`create_time_since_epoch`);
CREATE INDEX `idx_execution_last_update_time_since_epoch`  ON `Execution`(`last_update_time_since_epoch`);
CREATE INDEX `idx_context_create_time_since_epoch`  ON `Context`(`create_time_since_epoch`);
CREATE INDEX `idx_context_last_update_time_since_epoch`  ON `Context`(`last_update_time_since_epoch`);
CREATE INDEX `idx_eventpath_event_id`  ON `EventPath`(`event_id`);
CREATE INDEX `idx_artifact_property_int`  ON `ArtifactProperty`(`name`, `is_custom_property`, `int_value`)  WHERE `int_value` IS NOT NULL;
CREATE INDEX `idx_artifact_property_double`  ON `ArtifactProperty`(`name`, `is_custom_property`, `double_value`)  WHERE `double_value` IS NOT NULL;
CREATE INDEX `idx_artifact_property_string`  ON `ArtifactProperty`(`name`, `is_custom_property`, `string_value`)  WHERE `string_value` IS NOT NULL;
CREATE INDEX `idx_execution_property_int`  ON `ExecutionProperty`(`name`, `is_custom_property`, `int_value`)  WHERE `int_value` IS NOT NULL;
CREATE INDEX `idx_execution_property_double`  ON `ExecutionProperty`(`name`, `is_custom_property`, `double_value`)  WHERE `double_value` IS NOT NULL;
CREATE INDEX `idx_execution_property_string`  ON `ExecutionProperty`(`name`, `is_custom_property`, `string_value`)  WHERE `string_value` IS NOT NULL;
CREATE INDEX `idx_context_property_int`  ON `ContextProperty`(`name`, `is_custom_property`, `int_value`)  WHERE `int_value` IS NOT NULL;
CREATE INDEX `idx_context_property_double`  ON `ContextProperty`(`name`, `is_custom_property`, `double_value`)  WHERE `double_value` IS NOT NULL;
CREATE INDEX `idx_context_property_string`  ON `ContextProperty`(`name`, `is_custom_property`, `string_value`)  WHERE `string_value` IS NOT NULL;
CREATE INDEX `idx_type_external_id`  ON `Type`(`external_id`);
CREATE INDEX `idx_artifact_external_id`  ON `Artifact`(`external_id`);
CREATE INDEX `idx_execution_external_id`  ON `Execution`(`external_id`);
CREATE INDEX `idx_context_external_id`  ON `Context`(`external_id`);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('Type',37);
INSERT INTO "sqlite_sequence" VALUES('Context',23);
INSERT INTO "sqlite_sequence" VALUES('Execution',11);
INSERT INTO "sqlite_sequence" VALUES('Association',43);
INSERT INTO "sqlite_sequence" VALUES('Artifact',13);
INSERT INTO "sqlite_sequence" VALUES('Event',33);
INSERT INTO "sqlite_sequence" VALUES('Attribution',72);
COMMIT;
