/*
 * journal_grave.h - segments that are off the books, and whose files are still there.
 *
 * To give 64 MiB back takes a file system milliseconds, so it is not done on the loop: taking
 * off the books is (journal_trim, door_tail_trim), removing the files is for a worker. A crash
 * in between leaves them behind; the next start finds and trims them again.
 */
#ifndef IO_JOURNAL_GRAVE_H
#define IO_JOURNAL_GRAVE_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_GRAVE 64u

struct journal_grave {
    int dir_fd; /* of its own; only while n > 0 */
    uint32_t n; /* the rest waits for the next time */
    uint64_t base[MAX_GRAVE];
};

/* A grave of nothing in that folder; false: there are no descriptors left. Give it to
 * journal_grave_fill(). */
bool journal_grave_open(struct journal_grave *grave, int dir_fd);
/* Removes the files and empties the grave; blocks. Any thread. Complains of what stays. How
 * many went. */
uint32_t journal_grave_fill(struct journal_grave *grave);

#endif
