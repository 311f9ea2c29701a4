//go:build !unix

package testenv

import (
	"errors"
	"fmt"
	"os/exec"
)

// account is nobody: servers are started on Unix only.
type account struct{}

func accountOfServer() (account, error) {
	return account{}, fmt.Errorf("%w: the tests start it on Unix only", errLacking)
}

func (account) own(string) error { return errors.ErrUnsupported }

func (account) runs(*exec.Cmd) {}

func kill(int) error { return errors.ErrUnsupported }

func running(int) bool { return false }
