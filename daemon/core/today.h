/*
 * today.h - the figures of the local day: alarms that came and were closed, visits planned for
 * it and what became of them. By site, so that everybody gets the sum of what they may see.
 * Part of the fold; they begin anew at midnight.
 *
 *   alarms   counted as they happen: closed ones are soon forgotten. Of no site, and those
 *            that their site does not see yet, are counted elsewhere. No drills, nothing late
 *   visits   as they are now: what changes takes its old count back first. They are counted
 *            from the visits that are kept, at midnight and after a load: nothing is saved
 */
#ifndef CORE_TODAY_H
#define CORE_TODAY_H

#include <stdint.h>

struct fold;
struct saver;
struct loader;
struct transition;
struct visit;

struct today_figures {
    uint32_t raised[4], closed;          /* by enum cw_priority, as they were raised */
    uint32_t visits, done, late, missed; /* visits: all of them, without the cancelled */
};

struct today {
    int64_t day;              /* local, counted from 1970-01-01; 0 before anything happened */
    int64_t begin_ns, end_ns; /* its bounds in the zone of the rules; without the last */
    struct today_figures elsewhere;
};

void today_note_alarm(struct fold *fold, const struct transition *transition);
void today_note_visit(struct fold *fold, struct visit *visit);
/* It is forgotten: it is in no figure from now on. */
void today_forget_visit(struct fold *fold, struct visit *visit);
/* Begins anew if the day is another one: at midnight, and when the program starts. */
void today_turn(struct fold *fold);
/* The day has other bounds, or the state was loaded: its visits are counted again. */
void today_count_again(struct fold *fold);
/* The state was written before there were figures: from the alarms that are kept. */
void today_infer(struct fold *fold);
void today_add(struct today_figures *sum, const struct today_figures *one);

/* Behind registry and service. */
void today_save(const struct fold *fold, struct saver *saver);
void today_load(struct fold *fold, struct loader *loader); /* loader->failed tells */

#endif
