// Records what Kubeflow Pipelines' own code makes of compiled pipelines: its API server's template
// and compiler, its driver and its launcher. Built inside a checkout by record.py; README.md says how.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
	"github.com/kubeflow/pipelines/backend/src/v2/driver"
	"github.com/kubeflow/pipelines/backend/src/v2/metadata"
	"github.com/kubeflow/pipelines/kubernetes_platform/go/kubernetesplatform"
	"github.com/robfig/cron"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const (
	argvFile     = "RECORD_ARGV"
	pipelineRoot = "minio://mlpipeline/v2/artifacts"
)

type object = map[string]any

type pipelineCase struct {
	Name       string
	RunID      string `json:"run_id"`
	Yaml       string
	Parameters object
}

type cases struct {
	Pipelines []pipelineCase
	Schedules []string
}

func main() {
	if file := os.Getenv(argvFile); file != "" { // this process is a step's container
		said, _ := json.Marshal(os.Args)
		check(os.WriteFile(file, said, 0o644))
		os.Exit(0)
	}
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var given cases
	check(json.Unmarshal(text, &given))
	host, port, _ := strings.Cut(os.Args[3], ":")
	store, err := newStore(host, port)
	check(err)
	pipelines := object{}
	for _, one := range given.Pipelines {
		pipelines[one.Name] = record(one, store)
	}
	schedules := object{}
	for _, schedule := range given.Schedules {
		_, err := cron.Parse(schedule)
		schedules[schedule] = said(err)
	}
	out, err := json.MarshalIndent(object{"pipelines": pipelines, "schedules": schedules}, "", " ")
	check(err)
	check(os.WriteFile(os.Args[2], append(out, '\n'), 0o644))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A message without the spaces that protobuf's text varies on purpose.
func said(err error) any {
	if err == nil {
		return nil
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\u00a0", " ")), " ")
}

func refused(at string, err error) object {
	return object{"refused": object{"at": at, "message": said(err)}}
}

func record(one pipelineCase, store *metadata.Client) object {
	compiled, err := newTemplate([]byte(one.Yaml))
	if err != nil {
		return refused("template", err)
	}
	stored, err := runWorkflow(compiled, one.RunID, one.Parameters)
	if err != nil {
		return refused("run", err)
	}
	workflow := readWorkflow(stored)
	tasks := object{}
	dag := workflow.startDag(one.RunID, store)
	for name, task := range workflow.tasks("root") {
		if base, isDriver := strings.CutSuffix(name, "-driver"); isDriver {
			tasks[base] = workflow.task(one.RunID, base, task, dag, store)
		}
	}
	return object{"tasks": tasks, "labels": workflow.labels}
}

type workflow struct {
	arguments object
	templates object
	labels    any
	pipeline  string
}

func readWorkflow(stored string) workflow {
	var whole object
	check(json.Unmarshal([]byte(stored), &whole))
	spec := whole["spec"].(object)
	found := workflow{object{}, object{}, nil, ""}
	found.labels = spec["podMetadata"].(object)["labels"]
	for name, value := range parameters(spec["arguments"]) {
		found.arguments["workflow.parameters."+name] = value
	}
	for _, each := range spec["templates"].([]any) {
		template := each.(object)
		found.templates[template["name"].(string)] = template
		if template["name"] == "system-dag-driver" {
			args := template["container"].(object)["args"].([]any)
			for i, word := range args {
				if word == "--pipeline_name" {
					found.pipeline = args[i+1].(string)
				}
			}
		}
	}
	return found
}

// Name to value (or default) of what Argo calls parameters.
func parameters(holder any) object {
	found := object{}
	list, _ := holder.(object)["parameters"].([]any)
	for _, each := range list {
		one := each.(object)
		if value, ok := one["value"]; ok {
			found[one["name"].(string)] = fmt.Sprint(value)
		} else if value, ok := one["default"]; ok {
			found[one["name"].(string)] = fmt.Sprint(value)
		}
	}
	return found
}

var expression = regexp.MustCompile(`\{\{([a-z][^{}]*)\}\}`)

// Replaces what Argo would, from values that are known.
func filled(text string, values object) string {
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		if value, ok := values[found[2:len(found)-2]]; ok {
			return fmt.Sprint(value)
		}
		return found
	})
}

func (w workflow) tasks(template string) object {
	found := object{}
	for _, each := range w.templates[template].(object)["dag"].(object)["tasks"].([]any) {
		found[each.(object)["name"].(string)] = each
	}
	return found
}

func (w workflow) given(task any) object {
	values := object{}
	for name, value := range parameters(task.(object)["arguments"]) {
		values[name] = filled(value.(string), w.arguments)
	}
	return values
}

// What driver.RootDAG does, but for the settings that it asks Kubernetes for.
func (w workflow) startDag(runID string, store *metadata.Client) int64 {
	ctx := context.Background()
	var config pipelinespec.PipelineJob_RuntimeConfig
	for name, task := range w.tasks("entrypoint") {
		if strings.HasSuffix(name, "-driver") {
			text := w.given(task)["runtime-config"].(string)
			check(protojson.Unmarshal([]byte(text), &config))
		}
	}
	pipeline, err := store.GetPipeline(ctx, w.pipeline, runID, "kubeflow", "run-resource", pipelineRoot, "")
	check(err)
	inputs := &pipelinespec.ExecutorInput_Inputs{ParameterValues: config.GetParameterValues()}
	settings, err := metadata.GenerateExecutionConfig(&pipelinespec.ExecutorInput{Inputs: inputs})
	check(err)
	settings.ExecutionType = metadata.DagExecutionTypeName
	settings.Name = "run/" + runID
	execution, err := store.CreateExecution(ctx, pipeline, settings)
	check(err)
	return execution.GetID()
}

func (w workflow) task(runID, name string, driverTask any, dag int64, store *metadata.Client) (found object) {
	defer func() {
		if err := recover(); err != nil { // resource.MustParse, for one
			found = refused("driver", fmt.Errorf("panic: %v", err))
		}
	}()
	given := w.given(driverTask)
	options := driver.Options{
		PipelineName: w.pipeline, RunID: runID, DAGExecutionID: dag, IterationIndex: -1,
		Component:                &pipelinespec.ComponentSpec{},
		Task:                     &pipelinespec.PipelineTaskSpec{},
		Container:                &pipelinespec.PipelineDeploymentConfig_PipelineContainerSpec{},
		KubernetesExecutorConfig: &kubernetesplatform.KubernetesExecutorConfig{},
	}
	parts := map[string]proto.Message{
		"component": options.Component, "task": options.Task, "container": options.Container,
		"kubernetes-config": options.KubernetesExecutorConfig,
	}
	for key, message := range parts {
		text, _ := given[key].(string)
		if text == "" {
			continue
		}
		if err := protojson.Unmarshal([]byte(text), message); err != nil {
			return refused("driver", err)
		}
	}
	execution, err := drive(options, name, store)
	if err != nil {
		return refused("driver", err)
	}
	var pod object
	check(json.Unmarshal([]byte(execution.PodSpecPatch), &pod))
	main := pod["containers"].([]any)[0].(object)
	delete(main, "command") // the launcher's own: ids and JSON that vary
	inputs, err := protojson.Marshal(execution.ExecutorInput.GetInputs())
	check(err)
	var read object
	check(json.Unmarshal(inputs, &read))
	found = object{"inputs": read["parameterValues"], "pod": pod, "depends": driverTask.(object)["depends"]}
	found["argv"] = launched(options.Component, execution.ExecutorInput, main["args"])
	for key, value := range w.executor(name) {
		found[key] = value
	}
	return found
}

// The retry strategy, labels and annotations that Argo gets for the pod of a task.
func (w workflow) executor(name string) object {
	task := w.tasks("root")[name].(object)
	template := w.templates[task["template"].(string)].(object)
	values := object{}
	for key, value := range parameters(template["inputs"]) {
		values["inputs.parameters."+key] = value
	}
	for key, value := range w.given(task) {
		values["inputs.parameters."+key] = value
	}
	for _, inner := range template["dag"].(object)["tasks"].([]any) {
		template = w.templates[inner.(object)["template"].(string)].(object)
	}
	part := func(key string) any {
		text, err := json.Marshal(template[key])
		check(err)
		var read any
		check(json.Unmarshal([]byte(filled(string(text), values)), &read))
		return read
	}
	return object{"retry": part("retryStrategy"), "metadata": part("metadata")}
}

// What the launcher really starts: this program in the place of the command.
func launched(component *pipelinespec.ComponentSpec, input *pipelinespec.ExecutorInput, args any) any {
	var words []string
	list, _ := args.([]any)
	for _, word := range list {
		words = append(words, word.(string))
	}
	if len(words) == 0 {
		return object{"refused": object{"at": "launcher", "message": "command and arguments are empty"}}
	}
	folder, err := os.MkdirTemp("", "recording")
	check(err)
	defer os.RemoveAll(folder)
	self, err := os.Executable()
	check(err)
	check(os.Symlink(self, filepath.Join(folder, "tfx-pipeline")))
	file := filepath.Join(folder, "argv.json")
	path := os.Getenv("PATH")
	check(os.Setenv("PATH", folder+":"+path))
	check(os.Setenv(argvFile, file))
	err = launch(input, component, words[0], words[1:])
	check(os.Setenv("PATH", path))
	check(os.Unsetenv(argvFile))
	if err != nil {
		return refused("launcher", err)
	}
	text, err := os.ReadFile(file)
	check(err)
	var argv []string
	check(json.Unmarshal(text, &argv))
	return argv
}
