/*
 * trimmer.h - removes the files of segments that nobody needs any more, of the journal and of
 * the doors, on a worker.
 */
#ifndef TRIMMER_H
#define TRIMMER_H

#include <stdbool.h>

#include "core/journal/record.h"

struct daemon;
struct trimmer;

void trimmer_start(struct trimmer **trimmer, struct daemon *daemon);
/* Loop: takes what lies before `keep` off the books, and begins to remove it when nothing is
 * being removed. NULL is fine. */
void trimmer_trim(struct trimmer *trimmer, struct position keep);
bool trimmer_busy(const struct trimmer *trimmer);
/* Waits for what is under way; runs the loop for that. NULL is fine. Before the journal is
 * closed. */
void trimmer_stop(struct trimmer *trimmer);

#endif
