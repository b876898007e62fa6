/*
 * log.h - lines on stderr for a person or journald: "<level> what happened key=value (reason)".
 *
 * Control characters, line ends and bidirectional overrides in values are escaped here, so
 * one event is one line whatever an outsider sent. Any thread. base and core never call it.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdint.h>

#include "base/buf.h"

enum log_level { LOG_LEVEL_ERR = 0, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);
/* 0, or -EINVAL: "err", "warning", "info", "debug". */
int log_level_parse(const char *text, enum log_level *level);
void log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Adds s as a line of the log shows it: for texts that go elsewhere on stderr. */
void log_escape(struct buf *out, struct cw_str s);

/* For what can repeat: says it the first time, then at growing intervals (1 s doubling to
 * 1 h) with the count, and once more when it is over. Embedded, zeroed, by its owner. */
struct complaint {
    int64_t next_ns, interval_ns;
    uint64_t n_unsaid;
    int32_t active;
};
void complain(struct complaint *complaint, int64_t now_ns, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Says fmt once if the complaint was active, else nothing. */
void complaint_over(struct complaint *complaint, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
