/*
 * program.c - see program.h. It is over when it has ended and its output is closed; a child of
 * its own that keeps the output open cannot hold us up, since the group is killed.
 */
#include "io/program.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"

#define MAX_ARGUMENTS 32u

struct program {
    uv_process_t process;
    uv_pipe_t in, out;
    uv_timer_t timer;
    uv_write_t write;
    char *input;
    struct buf output;
    char room[4096];
    program_end_fn end; /* NULL: cancelled */
    void *ctx;
    int64_t started_ns;
    int code;
    const char *error;
    bool exited, closed; /* its output is */
    int n_handles;
};

static void on_closed(uv_handle_t *handle)
{
    struct program *program = handle->data;
    if (--program->n_handles > 0)
        return;
    buf_done(&program->output);
    free(program->input);
    free(program);
}

static void close_handle(void *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void finish(struct program *program)
{
    if (!program->exited || !program->closed)
        return;
    const struct program_end end = {
        .code = program->error ? -1 : program->code,
        .output = buf_str(&program->output),
        .error = program->error,
        .elapsed_ns = clock_monotonic_ns() - program->started_ns,
    };
    program_end_fn told = program->end;
    program->end = NULL;
    if (told)
        told(program->ctx, &end);
    close_handle(&program->timer);
    close_handle(&program->in);
    close_handle(&program->out);
    close_handle(&program->process);
}

static void kill_group(struct program *program)
{
    if (program->process.pid > 0)
        (void)kill(-program->process.pid, SIGKILL);
}

static void on_ended(uv_process_t *process, int64_t status, int signal)
{
    struct program *program = process->data;
    program->exited = true;
    program->code = (int)status;
    if (signal && !program->error)
        program->error = "it was ended by a signal";
    kill_group(program); /* what it left running */
    finish(program);
}

static void on_timeout(uv_timer_t *timer)
{
    struct program *program = timer->data;
    if (!program->error)
        program->error = "it took too long";
    if (program->exited || program->process.pid == 0) {
        program->exited = program->closed = true;
        finish(program);
        return;
    }
    kill_group(program);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct program *program = handle->data;
    (void)wanted;
    *buf = uv_buf_init(program->room, sizeof(program->room));
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct program *program = stream->data;
    if (n > 0) {
        size_t left = program->output.max - program->output.n;
        buf_add(&program->output, buf->base, (size_t)n < left ? (size_t)n : left);
    } else if (n < 0) {
        (void)uv_read_stop(stream);
        program->closed = true;
        finish(program);
    }
}

static void on_written(uv_write_t *write, int status)
{
    struct program *program = write->data;
    (void)status; /* who does not read its input may end well nevertheless */
    close_handle(&program->in);
}

static int spawn(uv_loop_t *loop, struct program *program, const struct program_call *call)
{
    char *arguments[MAX_ARGUMENTS + 2] = {(char *)(uintptr_t)call->path};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
         .data.stream = (uv_stream_t *)&program->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&program->out},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    for (size_t i = 0; i < MAX_ARGUMENTS && call->argument && call->argument[i]; i++)
        arguments[i + 1] = (char *)(uintptr_t)call->argument[i];
    const uv_process_options_t options = {
        .exit_cb = on_ended,
        .file = call->path,
        .args = arguments,
        .env = (char **)(uintptr_t)call->environment,
        .cwd = "/",
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = stdio,
    };
    return uv_spawn(loop, &program->process, &options);
}

void program_run(uv_loop_t *loop, const struct program_call *call, program_end_fn end,
                 void *ctx, struct program **out)
{
    struct program *program = xcalloc(1, sizeof(*program));
    program->end = end;
    program->ctx = ctx;
    program->started_ns = clock_monotonic_ns();
    program->input = xstrndup(call->input.n ? call->input.p : "", call->input.n);
    buf_init(&program->output, call->max_output);
    program->process.data = program->in.data = program->out.data = program->timer.data =
        program->write.data = program;
    if (uv_pipe_init(loop, &program->in, 0) || uv_pipe_init(loop, &program->out, 0) ||
        uv_timer_init(loop, &program->timer))
        BUG("the loop refused a program's handles");
    int ret = spawn(loop, program, call);
    program->n_handles = 4; /* also a process that did not start is a handle */
    if (ret) {
        program->error = uv_strerror(ret);
        program->process.pid = 0;
        (void)uv_timer_start(&program->timer, on_timeout, 0, 0);
    } else {
        uv_buf_t input = uv_buf_init(program->input, (unsigned)call->input.n);
        if (uv_write(&program->write, (uv_stream_t *)&program->in, &input, 1, on_written) != 0)
            close_handle(&program->in);
        if (uv_read_start((uv_stream_t *)&program->out, on_room, on_output) != 0)
            program->closed = true;
        (void)uv_timer_start(&program->timer, on_timeout,
                             (uint64_t)(call->timeout_ns / NS_PER_MS), 0);
    }
    *out = program;
}

void program_cancel(struct program *program)
{
    program->end = NULL;
    if (!program->exited)
        kill_group(program);
    close_handle(&program->timer);
    close_handle(&program->in);
    close_handle(&program->out);
    close_handle(&program->process);
}
