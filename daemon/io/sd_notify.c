/*
 * sd_notify.c - one datagram to systemd; failures do not matter to us, systemd judges by
 * what arrives.
 */
#include "io/sd_notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "base/units.h"

void sd_notify_send(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    if (n < 2 || n >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, n);
    if (path[0] == '@')
        to.sun_path[0] = '\0'; /* abstract socket */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, len);
    close(fd);
}

int64_t sd_notify_watchdog_ns(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    const char *usec = getenv("WATCHDOG_USEC");
    int64_t value;
    if (!usec || num_parse_i64(str_of(usec), &value) != 0 || value <= 0)
        return 0;
    int64_t wanted;
    if (pid && (num_parse_i64(str_of(pid), &wanted) != 0 || wanted != getpid()))
        return 0;
    return value * NS_PER_US / 2;
}
