#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct sockaddr_in peer = { .sin_family = AF_INET };
    if (argc < 4 || strcmp(argv[1], "socket") || inet_pton(AF_INET, argv[2], &peer.sin_addr) != 1)
        return 0;
    peer.sin_port = htons(atoi(argv[3]));
    if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&peer, sizeof peer) == -1)
        perror("connect");
}
