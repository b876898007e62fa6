/*
 * replay_report.h - a report from a recording: the fold's own numbers, so that every number of
 * a report can be had again from the journal alone.
 */
#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include <stdbool.h>

struct fold;

/* Is "NAME" or "NAME:BY" one there is? */
bool replay_report_known(const char *what);
/* Prints {"items":[...]} as the API does. */
void replay_report_print(const struct fold *fold, const char *what);

#endif
