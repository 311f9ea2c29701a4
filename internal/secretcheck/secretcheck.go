// Package secretcheck holds every method of a client against every kind of
// failure, and looks for secrets in what the errors show. It is for tests.
package secretcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"
)

// Show returns all that an error, or another value, shows: by the verbs of fmt,
// as JSON, and through log/slog.
func Show(value any) string {
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Error("failed", "error", value)
	}
	data, err := json.Marshal(value)
	return fmt.Sprintf("%v %+v %#v %s %q %s %v %s", value, value, value, value, value, data, err, log.String())
}

// Failures are transports that fail in each way that a service and a network
// do. Their answers repeat the personal value, as a service may, where no error
// may show it.
func Failures(personal string) map[string]http.RoundTripper {
	failures := map[string]http.RoundTripper{
		"broken":   roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset by peer") }),
		"HTML":     answer(http.StatusOK, "<html>"+personal),
		"no JSON":  answer(http.StatusOK, personal),
		"a list":   answer(http.StatusOK, `["`+personal+`"]`),
		"redirect": answer(http.StatusFound, personal),
	}
	for _, status := range []int{400, 401, 403, 404, 409, 412, 413, 415, 418, 422, 429, 500, 502, 503} {
		failures[http.StatusText(status)] = answer(status, `{"message":"it failed","detail":"it failed","contact":{"email":"`+personal+`"}}`)
	}
	return failures
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Location": {"https://elsewhere.example.com/?" + r.URL.RawQuery}},
			Body: inMemory{strings.NewReader(body)}, Request: r,
		}, nil
	})
}

type inMemory struct{ *strings.Reader }

func (inMemory) Close() error { return nil }

// Call calls every method of every service of a client, a pointer to a struct
// whose exported fields are the services, with the text in every argument that
// can hold one. It returns the errors by the methods' names.
func Call(ctx context.Context, client any, text string) map[string]error {
	all := map[string]error{}
	fields := reflect.ValueOf(client).Elem()
	for i := range fields.NumField() {
		if field := fields.Type().Field(i); field.IsExported() && fields.Field(i).Kind() == reflect.Pointer {
			for j := range fields.Field(i).NumMethod() {
				name := field.Name + "." + fields.Field(i).Type().Method(j).Name
				if err, ok := call(ctx, fields.Field(i).Method(j), text); ok {
					all[name] = err
				}
			}
		}
	}
	return all
}

// call calls a method whose first argument is a context.
func call(ctx context.Context, method reflect.Value, text string) (failed error, ok bool) {
	kind := method.Type()
	if kind.NumIn() == 0 || kind.In(0) != reflect.TypeFor[context.Context]() {
		return nil, false
	}
	arguments := []reflect.Value{reflect.ValueOf(ctx)}
	for i := 1; i < kind.NumIn(); i++ {
		if kind.IsVariadic() && i == kind.NumIn()-1 {
			break
		}
		argument := reflect.New(kind.In(i)).Elem()
		fill(argument, text, 0)
		arguments = append(arguments, argument)
	}
	for _, result := range method.Call(arguments) {
		if err, isError := reflect.TypeAssert[error](result); isError && err != nil {
			return err, true
		}
		if result.Kind() == reflect.Func && result.Type().CanSeq2() {
			for _, second := range result.Seq2() {
				if err, isError := reflect.TypeAssert[error](second); isError {
					return err, true
				}
				break
			}
		}
	}
	return nil, true
}

// fill puts the text wherever it fits.
func fill(v reflect.Value, text string, depth int) {
	if depth > 6 || v.Type() == reflect.TypeFor[time.Time]() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text, depth+1)
	case reflect.Struct:
		if set := v.Addr().MethodByName("UnmarshalJSON"); set.IsValid() { // a field of a request: unset, null or set
			data, _ := json.Marshal(text)
			if err := json.Unmarshal(data, v.Addr().Interface()); err == nil {
				return
			}
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), text, depth+1)
			}
		}
	default: // it holds no text
	}
}
