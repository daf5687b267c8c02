// What 2.4.1 calls by other names than 2.17.
package main

import (
	"context"
	"encoding/json"

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
	"github.com/kubeflow/pipelines/backend/src/apiserver/model"
	"github.com/kubeflow/pipelines/backend/src/apiserver/template"
	"github.com/kubeflow/pipelines/backend/src/v2/cacheutils"
	"github.com/kubeflow/pipelines/backend/src/v2/component"
	"github.com/kubeflow/pipelines/backend/src/v2/driver"
	"github.com/kubeflow/pipelines/backend/src/v2/metadata"
)

func newStore(host, port string) (*metadata.Client, error) { return metadata.NewClient(host, port) }

func newTemplate(text []byte) (template.Template, error) { return template.New(text) }

func runWorkflow(compiled template.Template, runID string, parameters object) (string, error) {
	text, err := json.Marshal(parameters)
	check(err)
	run := &model.Run{DisplayName: "recorded"}
	run.PipelineSpec.RuntimeConfig = model.RuntimeConfig{Parameters: string(text), PipelineRoot: pipelineRoot}
	made, err := compiled.RunWorkflow(run, template.RunWorkflowOptions{RunId: runID})
	if err != nil {
		return "", err
	}
	return made.ToStringForStore(), nil
}

func drive(options driver.Options, _ string, store *metadata.Client) (*driver.Execution, error) {
	cache, err := cacheutils.NewClient()
	check(err)
	return driver.Container(context.Background(), options, store, cache)
}

func launch(input *pipelinespec.ExecutorInput, of *pipelinespec.ComponentSpec, command string, args []string) error {
	return component.RecordExecute(context.Background(), input, of, command, args)
}
