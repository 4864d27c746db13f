package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	out := map[string]*os.File{"stdout": os.Stdout, "stderr": os.Stderr}[os.Args[1]]
	line := strings.Repeat("x", 119)
	for i := 0; i < 20000; i++ {
		fmt.Fprintln(out, line)
	}
	os.WriteFile(os.Args[2], nil, 0o600)
	time.Sleep(time.Minute)
}
