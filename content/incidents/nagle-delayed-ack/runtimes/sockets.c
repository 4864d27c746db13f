#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct sockaddr_in there = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in here = there;
    socklen_t length = sizeof here;
    if (argc < 2)
        return 2;
    there.sin_port = htons(atoi(argv[1]));
    if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&there, length) == -1)
        return 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&here, length) == -1 || listen(listener, 5) == -1)
        return 1;
    getsockname(listener, (struct sockaddr *)&here, &length);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    accept(listener, NULL, NULL);
    getchar();
}
