// What 2.17 calls by other names than 2.4.1.
package main

import (
	"context"
	"encoding/json"

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
	"github.com/kubeflow/pipelines/backend/src/apiserver/config/proxy"
	"github.com/kubeflow/pipelines/backend/src/apiserver/model"
	"github.com/kubeflow/pipelines/backend/src/apiserver/template"
	"github.com/kubeflow/pipelines/backend/src/v2/cacheutils"
	"github.com/kubeflow/pipelines/backend/src/v2/common/plugins"
	"github.com/kubeflow/pipelines/backend/src/v2/component"
	"github.com/kubeflow/pipelines/backend/src/v2/driver"
	"github.com/kubeflow/pipelines/backend/src/v2/metadata"
)

func newStore(host, port string) (*metadata.Client, error) {
	proxy.InitializeConfig("", "", "") // as both programs' main functions do
	return metadata.NewClient(host, port, nil)
}

func newTemplate(text []byte) (template.Template, error) {
	return template.New(text, template.TemplateOptions{})
}

func runWorkflow(compiled template.Template, runID string, parameters object) (string, error) {
	text, err := json.Marshal(parameters)
	check(err)
	run := &model.Run{DisplayName: "recorded"}
	run.PipelineSpec.RuntimeConfig = model.RuntimeConfig{
		Parameters: model.LargeText(text), PipelineRoot: pipelineRoot,
	}
	made, err := compiled.RunWorkflow(run, template.RunWorkflowOptions{RunID: runID})
	if err != nil {
		return "", err
	}
	return made.ToStringForStore(), nil
}

func drive(options driver.Options, task string, store *metadata.Client) (*driver.Execution, error) {
	cache, err := cacheutils.NewClient("localhost", "1", false, nil)
	check(err)
	options.PluginDispatcher, err = plugins.GetPluginDispatcher()
	check(err)
	options.TaskName, options.DriverType = task, "CONTAINER"
	options.RunName, options.RunDisplayName = "recorded-abcde", "recorded"
	options.PublishLogs = "false" // else the launcher writes to /minio
	return driver.Container(context.Background(), options, store, cache)
}

func launch(input *pipelinespec.ExecutorInput, of *pipelinespec.ComponentSpec, command string, args []string) error {
	return component.RecordExecute(context.Background(), input, of, command, args)
}
