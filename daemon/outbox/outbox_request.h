/*
 * outbox_request.h - a row of the outbox as the request that its channel's notifier makes of
 * it: the one way from an alarm to a target, for the daemon and for `notify-test`.
 */
#ifndef OUTBOX_REQUEST_H
#define OUTBOX_REQUEST_H

#include "io/config.h"
#include "io/http_client.h"
#include "io/store.h"

/* Reads alarms back from their JSON. */
struct request_writer {
    const struct cw_plugin *json;
    void *self;
};

/* 0 or negative errno with err; done() also after a failure, and twice. */
int request_writer_init(struct request_writer *writer, struct cw_error *err);
void request_writer_done(struct request_writer *writer);
/* Gives room; the caller frees with request_free(). */
void request_room(struct cw_request *request);
void request_free(struct cw_request *request);
/* How the request goes to the channel's target; borrows the request. */
void request_call(const struct cw_request *request, const struct channel *channel,
                  struct http_call *call);
/* What is told, to whom, and when. */
struct telling {
    const struct outbox_row *row;
    const char *address;     /* of the person on duty; NULL or "": not known */
    int64_t now_ns, wall_ns; /* the journal's time, as the row's; what the request says it is */
};
/* Does the row mean a person, and not whom the channel names? */
bool row_is_to_person(const struct outbox_row *row);
/* enum cw_address: what the channel needs to know of the row's person, if it is to one. */
uint32_t request_address(const struct channel *channel, const struct outbox_row *row);
/* 0, or negative errno with err when the alarm cannot be read, its request not be made, or
 * what it tells is older than the channel's `give_up` (-ESTALE). */
int request_write(struct request_writer *writer, const struct channel *channel,
                  const struct telling *telling, struct cw_request *request,
                  struct cw_error *err);

#endif
