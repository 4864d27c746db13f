/* Puts a descriptor above 1023 into an fd_set, built with -O2 -D_FORTIFY_SOURCE=2. */
#include <sys/select.h>

int main(int count, char **words) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(1100 + count, &set);
    return select(1200, &set, 0, 0, 0) + words[0][0];
}
