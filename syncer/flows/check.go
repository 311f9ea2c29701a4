package flows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
)

// Readiness is what Check found. String says it in words.
type Readiness struct {
	Contacts *contacts.Check
	SendApp  *sendapp.Check
	// Lacks says of each flow that was asked for what it lacks, in words; nothing if
	// it can work.
	Lacks map[string][]string
}

// Ready reports whether no flow lacks anything.
func (r *Readiness) Ready() bool {
	for _, lacks := range r.Lacks {
		if len(lacks) > 0 {
			return false
		}
	}
	return true
}

// String is some lines for people to read.
func (r *Readiness) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n%s", r.Contacts, r.SendApp)
	for _, name := range []string{Contacts, Tasks, Notes, Appointments} {
		lacks, asked := r.Lacks[name]
		switch {
		case !asked:
		case len(lacks) == 0:
			fmt.Fprintf(&text, "%s: ready\n", name)
		default:
			fmt.Fprintf(&text, "%s: %s\n", name, strings.Join(lacks, "; "))
		}
	}
	return text.String()
}

// Check asks both sides what the clients may do and what the servers have, and
// says what these flows lack; all flows, if none is named. It changes nothing. An
// error means that a side could not be asked, or refuses the credentials.
//
// Neither side tells all scopes everywhere. What is not told is not taken to be
// missing.
func Check(ctx context.Context, source *contacts.Client, target *sendapp.Client, flows ...string) (*Readiness, error) {
	flows, err := names(flows)
	if err != nil {
		return nil, err
	}
	r := &Readiness{Lacks: map[string][]string{}}
	if r.Contacts, err = source.Check(ctx); err != nil {
		return nil, fmt.Errorf("flows: check the Contacts API: %w", err)
	}
	if r.SendApp, err = target.Check(ctx); err != nil {
		return nil, fmt.Errorf("flows: check SendApp: %w", err)
	}
	for _, name := range flows {
		if r.Lacks[name], err = r.lacks(ctx, name, source, target); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// lacks says what one flow lacks.
func (r *Readiness) lacks(ctx context.Context, name string, source *contacts.Client, target *sendapp.Client) (lacks []string, err error) {
	scopes, err := RequiredScopes(name)
	if err != nil {
		return nil, err
	}
	lacking := func(where string, needed, lacks []string) []string {
		if both := slices.DeleteFunc(slices.Clone(needed), func(one string) bool { return !slices.Contains(lacks, one) }); len(both) > 0 {
			return []string{fmt.Sprintf("%s lacks the scope %s", where, strings.Join(both, " and "))}
		}
		return nil
	}
	lacks = append(lacks, lacking("the Contacts API's token", scopes.Contacts, r.Contacts.Missing)...)
	lacks = append(lacks, lacking("SendApp's key", scopes.SendApp, r.SendApp.MissingScopes)...)
	_, err = capabilities(ctx, target, name)
	asked := []error{err}
	if name == Appointments && len(lacks) == 0 {
		_, err = appointmentSource{source}.Capabilities(ctx)
		asked = append(asked, err)
	}
	for _, err := range asked {
		switch {
		case isLack(err):
			lacks = append(lacks, err.Error())
		case err != nil:
			return nil, fmt.Errorf("flows: check the flow %s: %w", name, err)
		}
	}
	return lacks, nil
}

func isLack(err error) bool {
	detail, is := errors.AsType[*syncer.Error](err)
	return is && detail.Kind == syncer.KindLacks
}
