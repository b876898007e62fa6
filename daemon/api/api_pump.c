/*
 * api_pump.c - the streams are served a few in each turn of the loop, however many there are:
 * an alarm to ten thousand pages must not keep the next one waiting.
 *
 * With a few streams all are served at once. Otherwise the rest waits for the turns that
 * follow; what comes meanwhile is in the ring, and each stream knows what of it it has had.
 */
#include <stdlib.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/mem.h"

/* As many as belong into one turn. False when nobody waits any more. */
static bool serve_some(struct api *api)
{
    uint32_t n = 0;
    for (; api->pump && n < api->streams_a_turn; n++) {
        struct stream *stream = api->pump;
        api->pump = stream->next; /* it may be gone by what it is sent */
        stream_serve(api, stream);
    }
    if (n > api->n_served_most)
        api->n_served_most = n;
    if (!api->pump && api->pump_again) {
        api->pump_again = false;
        api->pump = api->streams;
    }
    return api->pump != NULL;
}

static void on_turn(uv_idle_t *idle)
{
    struct api *api = idle->data;
    int64_t begin_ns = clock_monotonic_ns();
    if (!serve_some(api))
        uv_idle_stop(idle);
    busy_add(&api->daemon->busy, BUSY_STREAMS, begin_ns, clock_monotonic_ns());
}

void stream_pump(struct api *api)
{
    if (api->pump) {
        api->pump_again = true; /* those before it have had their turn */
        return;
    }
    api->pump = api->streams;
    if (serve_some(api))
        (void)uv_idle_start(api->pumping, on_turn);
}

void stream_pump_open(struct api *api)
{
    api->streams_a_turn = STREAMS_A_TURN;
    api->pumping = xcalloc(1, sizeof(*api->pumping));
    api->pumping->data = api;
    (void)uv_idle_init(&api->daemon->loop, api->pumping);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

void stream_pump_close(struct api *api)
{
    uv_close((uv_handle_t *)api->pumping, on_closed);
}
