module github.com/seed-9213fc64/bitbucket/tools

go 1.26.0
