//go:build unix

package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is who runs a server; nil: the user that runs the test.
type account struct{ as *syscall.Credential }

// accountOfServer is the user postgres where root runs the test, because a
// server refuses to run as root.
func accountOfServer() (account, error) {
	if os.Getuid() != 0 {
		return account{}, nil
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		return account{}, fmt.Errorf("%w: it refuses to run as root, and there is no user postgres", errLacking)
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return account{}, err
	}
	return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// own gives the account a directory.
func (a account) own(dir string) error {
	if a.as == nil {
		return nil
	}
	return os.Chown(dir, int(a.as.Uid), int(a.as.Gid))
}

// runs makes the account run a command, apart from the test's own processes.
func (a account) runs(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Credential: a.as, Setpgid: true}
}

func kill(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }

func running(pid int) bool { return syscall.Kill(pid, 0) == nil }
