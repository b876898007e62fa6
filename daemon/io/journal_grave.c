/*
 * journal_grave.c - see journal_grave.h.
 */
#include "io/journal_grave.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "io/journal_segment.h"

bool journal_grave_open(struct journal_grave *grave, int dir_fd)
{
    grave->n = 0;
    grave->dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    return grave->dir_fd >= 0;
}

uint32_t journal_grave_fill(struct journal_grave *grave)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < grave->n; i++) {
        int rc = segment_remove(grave->dir_fd, grave->base[i]);
        n += rc == 0;
        if (rc)
            log_warning("journal segment not removed, it is kept base=%016llx (%s)",
                        (unsigned long long)grave->base[i], strerror(-rc));
    }
    if (grave->dir_fd >= 0)
        close(grave->dir_fd);
    grave->dir_fd = -1;
    grave->n = 0;
    return n;
}
