/*
 * log.c - one event, one line, one write(2): threads do not mix their lines, and what an
 * outsider sent cannot begin a new one or turn the reading direction.
 */
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/units.h"

#define MAX_LINE 2048

static const struct level {
    const char *name;
    char syslog; /* the digit sd-daemon(3) reads */
} levels[] = {{"err", '3'}, {"warning", '4'}, {"info", '6'}, {"debug", '7'}};

static _Atomic int max_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&max_level, (int)level);
}

int log_level_parse(const char *text, enum log_level *level)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(text, levels[i].name) == 0) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

void log_escape(struct buf *out, struct cw_str s)
{
    while (s.n) {
        uint32_t code = 0;
        size_t n = utf8_next(s, &code);
        if (n == 0) {
            n = 1;
            buf_printf(out, "\\x%02x", (unsigned char)s.p[0]);
        } else if (code == '\n') {
            buf_add_text(out, "\\n");
        } else if (!utf8_harmless(code)) {
            buf_printf(out, "\\u%04x", (unsigned)code);
        } else {
            buf_add(out, s.p, n);
        }
        s.p += n;
        s.n -= n;
    }
}

__attribute__((format(printf, 2, 0))) static void log_line(enum log_level level,
                                                           const char *fmt, va_list ap)
{
    if ((int)level > atomic_load_explicit(&max_level, memory_order_relaxed))
        return;
    char text[MAX_LINE];
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    if (n < 0)
        return;
    struct cw_str message = {text, strlen(text)};
    struct buf line;
    /* Every byte may take six, so what was cut off above is all that ever is. */
    buf_init(&line, sizeof(text) * 6 + 16);
    buf_printf(&line, "<%c>", levels[level].syslog);
    log_escape(&line, message);
    buf_add_text(&line, (size_t)n >= sizeof(text) ? "...\n" : "\n");
    /* Nobody is left to be told when stderr is gone. */
    ssize_t written = write(STDERR_FILENO, line.p, line.n);
    (void)written;
    buf_done(&line);
}

void log_err(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    log_line(LOG_LEVEL_ERR, fmt, ap);
    va_end(ap);
}

void log_warning(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    log_line(LOG_LEVEL_WARNING, fmt, ap);
    va_end(ap);
}

void log_info(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    log_line(LOG_LEVEL_INFO, fmt, ap);
    va_end(ap);
}

void log_debug(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    log_line(LOG_LEVEL_DEBUG, fmt, ap);
    va_end(ap);
}

void complain(struct complaint *complaint, int64_t now_ns, const char *fmt, ...)
{
    if (complaint->active && now_ns < complaint->next_ns) {
        complaint->n_unsaid++;
        return;
    }
    char text[MAX_LINE];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (complaint->n_unsaid)
        log_warning("%s repeated=%llu", text, (unsigned long long)complaint->n_unsaid);
    else
        log_warning("%s", text);
    int64_t doubled = complaint->active ? complaint->interval_ns * 2 : NS_PER_S;
    complaint->interval_ns = doubled > 3600 * NS_PER_S ? 3600 * NS_PER_S : doubled;
    complaint->next_ns = now_ns + complaint->interval_ns;
    complaint->n_unsaid = 0;
    complaint->active = 1;
}

void complaint_over(struct complaint *complaint, const char *fmt, ...)
{
    if (!complaint->active)
        return;
    *complaint = (struct complaint){0};
    va_list ap;
    va_start(ap, fmt);
    log_line(LOG_LEVEL_INFO, fmt, ap);
    va_end(ap);
}
