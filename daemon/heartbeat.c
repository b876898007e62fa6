/*
 * heartbeat.c - see heartbeat.h. One at a time; one that failed is tried again soon, since the
 * other side counts.
 */
#include "heartbeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "daemon.h"
#include "health.h"

#define RETRY_NS (5 * NS_PER_S)

struct heartbeat {
    struct daemon *daemon;
    uint64_t call; /* 0: none under way */
    int64_t next_ns;
    struct heartbeat_status status;
    struct complaint complaint;
};

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct heartbeat *heartbeat = ctx;
    struct heartbeat_status *status = &heartbeat->status;
    int64_t now_ns = clock_monotonic_ns();
    heartbeat->call = 0;
    status->ok = answer->status >= 200 && answer->status < 300;
    if (status->ok) {
        status->n_sent++;
        status->sent_ns = clock_wall_ns();
        status->failing_since_ns = 0;
        status->last_error[0] = '\0';
        complaint_over(&heartbeat->complaint, "the heartbeat is taken again");
        return;
    }
    status->n_failed++;
    status->failing_since_ns = status->failing_since_ns ? status->failing_since_ns : now_ns;
    heartbeat->next_ns =
        now_ns + RETRY_NS < heartbeat->next_ns ? now_ns + RETRY_NS : heartbeat->next_ns;
    if (answer->error)
        (void)str_copy(status->last_error, sizeof(status->last_error), str_of(answer->error));
    else
        (void)snprintf(status->last_error, sizeof(status->last_error), "answered %d",
                       answer->status);
    complain(&heartbeat->complaint, now_ns,
             "nobody outside takes our heartbeat, retrying in 5s (%s)", status->last_error);
}

/* What keeps it back: then the other side shall raise the alarm. */
static bool is_alive(const struct heartbeat *heartbeat)
{
    struct buf why;
    buf_init(&why, 1000);
    bool good = api_ready(heartbeat->daemon->api, &why) &&
                health_lag_ns(heartbeat->daemon) < HEALTH_MAX_LAG_NS;
    buf_done(&why);
    return good;
}

static void beat(struct heartbeat *heartbeat)
{
    const struct daemon *daemon = heartbeat->daemon;
    const struct heartbeat_section *section = &daemon->config->heartbeat;
    struct buf body;
    struct json_out out;
    static const char *const headers[] = {"Content-Type: application/json"};
    buf_init(&body, 1024);
    json_out_init(&out, &body);
    json_object(&out);
    json_member_text(&out, "version", CW_STR(CAREWATCH_VERSION));
    json_member_time(&out, "at", clock_wall_ns());
    json_member_int(&out, "uptime_s", (clock_wall_ns() - daemon->started_ns) / NS_PER_S);
    json_member_real(&out, "lag_s", (double)health_lag_ns(daemon) / (double)NS_PER_S);
    json_object_end(&out);
    const struct http_call call = {
        .method = "POST",
        .url = section->url,
        .header = headers,
        .n_headers = 1,
        .body = buf_str(&body),
        .timeout_ns = section->timeout_ns,
        .max_answer = 256,
    };
    heartbeat->call = http_client_call(daemon->http_client, &call, on_answer, heartbeat);
    buf_done(&body);
}

void heartbeat_tick(struct heartbeat *heartbeat, int64_t now_ns)
{
    const struct heartbeat_section *section = &heartbeat->daemon->config->heartbeat;
    heartbeat->status.configured = section->url && section->url[0];
    if (!heartbeat->status.configured) {
        heartbeat->status.failing_since_ns = 0;
        return;
    }
    if (heartbeat->call || now_ns < heartbeat->next_ns)
        return;
    heartbeat->next_ns = now_ns + section->interval_ns;
    if (is_alive(heartbeat))
        beat(heartbeat);
    else
        heartbeat->status.n_withheld++;
}

void heartbeat_status(const struct heartbeat *heartbeat, struct heartbeat_status *status)
{
    *status = heartbeat->status;
}

void heartbeat_start(struct heartbeat **out, struct daemon *daemon)
{
    struct heartbeat *heartbeat = xcalloc(1, sizeof(*heartbeat));
    heartbeat->daemon = daemon;
    *out = heartbeat;
}

void heartbeat_stop(struct heartbeat *heartbeat)
{
    if (!heartbeat)
        return;
    http_client_cancel(heartbeat->daemon->http_client, heartbeat->call);
    free(heartbeat);
}
