/* Header and body leave together. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&here, length) == -1 || listen(listener, 5) == -1)
        return 1;
    getsockname(listener, (struct sockaddr *)&here, &length);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);

    static char header[120], body[400], request[1024];
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        int on = 1;   /* off unless somebody sets it; for what is written in parts all the same */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        while (read(fd, request, sizeof request) > 0) {
            struct iovec response[] = { { header, sizeof header }, { body, sizeof body } };
            if (writev(fd, response, 2) == -1)   /* may write less: go on where it stopped */
                break;
        }
        close(fd);
    }
}
