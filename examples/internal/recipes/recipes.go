// Package recipes holds the recipes to what users are told of them. It is made of
// tests.
package recipes
