package sqlstore

import (
	"context"
	"encoding/json"

	"github.com/contactlink/contactlink/syncer"
)

// Spec implements syncer.SpecStore.
func (s *Store) Spec(ctx context.Context, tenant, flow string) (spec syncer.Spec, err error) {
	err = s.read(ctx, "read the mapping in force", func(rows scanner) error {
		return rows.Scan(&spec.Number, &spec.Version)
	}, `SELECT number, version FROM {p}specs WHERE tenant = ? AND flow = ?`, tenant, flow)
	return spec, err
}

// storedRules are syncer.Rules as they are stored.
type storedRules struct {
	Fingerprints map[string]string `json:"fingerprints"`
	Source       []string          `json:"source"`
}

// Enforce implements syncer.SpecStore.
func (s *Store) Enforce(ctx context.Context, tenant, flow, version string, rules syncer.Rules, expected int64) (spec syncer.Spec, err error) {
	encoded, err := json.Marshal(storedRules(rules))
	if err != nil {
		return syncer.Spec{}, err
	}
	err = s.write(ctx, "put a mapping into force", func(t *tx) error {
		var number int64
		if err := t.one(ctx, &number, `SELECT number FROM {p}specs WHERE tenant = ? AND flow = ?`, tenant, flow); err != nil {
			return err
		}
		if number != expected {
			return syncer.ErrSpecMoved
		}
		spec = syncer.Spec{Number: t.next(), Version: version}
		err := t.do(ctx, `INSERT INTO {p}rules (tenant, flow, version, rules) VALUES (?, ?, ?, ?)
			ON CONFLICT (tenant, flow, version) DO UPDATE SET rules = excluded.rules`, tenant, flow, version, encoded)
		if err != nil {
			return err
		}
		return t.do(ctx, `INSERT INTO {p}specs (tenant, flow, number, version) VALUES (?, ?, ?, ?)
			ON CONFLICT (tenant, flow) DO UPDATE SET number = excluded.number, version = excluded.version`,
			tenant, flow, spec.Number, spec.Version)
	})
	return spec, err
}

// Rules implements syncer.SpecStore.
func (s *Store) Rules(ctx context.Context, tenant, flow, version string) (rules syncer.Rules, err error) {
	err = s.read(ctx, "read a mapping's rules", func(rows scanner) error {
		var encoded []byte
		if err := rows.Scan(&encoded); err != nil {
			return err
		}
		var stored storedRules
		err := json.Unmarshal(encoded, &stored)
		rules = syncer.Rules(stored)
		return err
	}, `SELECT rules FROM {p}rules WHERE tenant = ? AND flow = ? AND version = ?`, tenant, flow, version)
	return rules, err
}
