/*
 * carrier.h - a rendered request on its way, by whatever its URL begins with:
 *
 *   http:// https://    libcurl, HTTP/1.1           status as answered
 *   smtp:// smtps://    libcurl, a mail             250, 4xx, 5xx as answered
 *   exec:/PATH          a program                   exit 0: 200, 65 (EX_DATAERR): 400, else 500
 *   mqtt:TOPIC          our first broker, QoS 1     200 when the broker has acknowledged it
 *
 * For exec the headers "Argument: x" are its arguments and "Environment: K=V" its environment;
 * for mqtt "Retain: true" is the one there is.
 */
#ifndef CARRIER_H
#define CARRIER_H

#include "io/http_client.h"

struct carrier;
struct mqtt;

/* Borrows both until carrier_stop(); `mqtt` is where its pointer will be, and may be NULL. */
void carrier_start(struct carrier **carrier, uv_loop_t *loop, struct http_client *client,
                   struct mqtt *const *mqtt);
/* What is under way is cancelled, nobody is told; the memory goes with its handles. */
void carrier_stop(struct carrier *carrier);
/* `done` is called once, on the loop, never from inside. An id > 0. */
uint64_t carrier_call(struct carrier *carrier, const struct http_call *call, http_done_fn done,
                      void *ctx);
void carrier_cancel(struct carrier *carrier, uint64_t id);

#endif
