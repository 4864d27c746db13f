/* A connect() that waits two seconds at most, and has the true errno. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int connect_within(int fd, const struct sockaddr *peer, socklen_t length, int limit_ms)
{
    if (connect(fd, peer, length) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    struct pollfd waiting = { .fd = fd, .events = POLLOUT };
    int ready = poll(&waiting, 1, limit_ms);   /* after EINTR: again, with what is left */
    if (ready <= 0)
        return ready == 0 ? ETIMEDOUT : errno;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

int main(int argc, char **argv)
{
    struct sockaddr_in peer = { .sin_family = AF_INET };
    if (argc < 3 || inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1)
        return 2;
    peer.sin_port = htons(atoi(argv[2]));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int error = connect_within(fd, (struct sockaddr *)&peer, sizeof peer, 2000);
    puts(error ? strerror(error) : "connected");
    close(fd);   /* a socket that is still connecting goes on sending SYNs */
}
