/* A server that closes each connection, whatever way its handler is left. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void answer(int fd)
{
    struct timeval limit = { .tv_sec = 60 };   /* for a client that vanished without a FIN */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    char request[100];
    ssize_t length;
    while ((length = read(fd, request, sizeof request)) > 0) {   /* 0: the client has closed */
        if (length >= 3 && memcmp(request, "bad", 3) == 0)
            return;
        if (write(fd, "ok\n", 3) == -1)
            return;
    }
}

int main(void)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&here, length) == -1 || listen(listener, 50) == -1)
        return 1;
    getsockname(listener, (struct sockaddr *)&here, &length);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        answer(fd);
        close(fd);   /* here and nowhere else: answer() has three ways out */
    }
}
