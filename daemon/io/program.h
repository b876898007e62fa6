/*
 * program.h - a program of the operator's, started without a shell: bytes to its input, the
 * first of its output, its exit code. It is a process group of its own, killed whole when its
 * time is over. SIGPIPE has to be ignored: a program need not read its input.
 */
#ifndef IO_PROGRAM_H
#define IO_PROGRAM_H

#include <uv.h>

#include <carewatch/plugin.h>

struct program;

struct program_call {
    const char *path;            /* absolute */
    const char *const *argument; /* behind the name; ends with NULL */
    const char *const *environment;
    struct cw_str input; /* copied */
    int64_t timeout_ns;
    size_t max_output;
};

struct program_end {
    int code;             /* exit code; -1: it did not end by itself */
    struct cw_str output; /* borrowed until the callback returns */
    const char *error;    /* for a person when code is -1 */
    int64_t elapsed_ns;
};
typedef void (*program_end_fn)(void *ctx, const struct program_end *end);

/* Starts it; `end` is called once, on the loop, never from inside. NULL: it could not be
 * started (then `end` is called from the loop all the same). */
void program_run(uv_loop_t *loop, const struct program_call *call, program_end_fn end,
                 void *ctx, struct program **program);
/* Kills it; `end` is not called. The memory goes with its handles. */
void program_cancel(struct program *program);

#endif
