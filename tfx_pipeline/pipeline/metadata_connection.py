"""How ML Metadata is reached: what a compiled pipeline says of it, without a password."""

from __future__ import annotations

from ml_metadata.proto import metadata_store_pb2

from tfx_pipeline.config.metadata_url import USUAL_PORTS
from tfx_pipeline.config.sections.environment import MetadataConfig


def connection_config(
    metadata: MetadataConfig,
) -> metadata_store_pb2.ConnectionConfig | metadata_store_pb2.MetadataStoreClientConfig:
    """Say where ML Metadata is kept; the path of an SQLite file is absolute."""
    port = metadata.port or USUAL_PORTS.get(metadata.kind, 0)
    if metadata.kind == "grpc":
        return metadata_store_pb2.MetadataStoreClientConfig(host=metadata.host, port=port)
    connection = metadata_store_pb2.ConnectionConfig()
    if metadata.kind == "sqlite":
        connection.sqlite.filename_uri = metadata.path
        mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        connection.sqlite.connection_mode = mode
    elif metadata.kind == "mysql":
        # Of `localhost` the client makes a socket of this machine, whatever the port says.
        connection.mysql.host = "127.0.0.1" if metadata.host == "localhost" else metadata.host
        connection.mysql.port = port
        connection.mysql.user = metadata.user
        connection.mysql.database = metadata.database
        connection.mysql.skip_db_creation = True
    else:
        connection.postgresql.host = metadata.host
        connection.postgresql.port = str(port)
        connection.postgresql.user = metadata.user
        connection.postgresql.dbname = metadata.database
        connection.postgresql.skip_db_creation = True
    return connection
