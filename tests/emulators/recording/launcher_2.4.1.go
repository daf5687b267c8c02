package component

import (
	"context"

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
)

// RecordExecute lets the recorder call executeV2.
func RecordExecute(ctx context.Context, input *pipelinespec.ExecutorInput, of *pipelinespec.ComponentSpec, command string, args []string) error {
	_, _, err := executeV2(ctx, input, of, command, args, nil, nil, nil, "", nil)
	return err
}
