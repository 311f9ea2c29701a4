package contacts

//go:generate go run ../internal/recordgen
