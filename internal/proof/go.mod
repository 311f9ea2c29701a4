module github.com/contactlink/contactlink/internal/proof

go 1.26.0

replace github.com/contactlink/contactlink => ../..
