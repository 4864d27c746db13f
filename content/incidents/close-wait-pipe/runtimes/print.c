#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char line[120] = "";
    if (argc < 3)
        return 2;
    FILE *out = strcmp(argv[1], "stdout") ? stderr : stdout;
    memset(line, 'x', sizeof line - 1);
    for (int i = 0; i < 20000; i++)
        fprintf(out, "%s\n", line);
    fclose(fopen(argv[2], "w"));
    sleep(60);
}
