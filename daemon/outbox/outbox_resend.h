/*
 * outbox_resend.h - alarms that hold are told again to targets that forget (an Alertmanager
 * that was started anew): every `resend` of the channel all of them, a few at a time.
 *
 * Nothing of it is in the store: what is not told again now is told again the next time.
 */
#ifndef OUTBOX_RESEND_H
#define OUTBOX_RESEND_H

#include "outbox/outbox_request.h"

struct daemon;
struct resend;

/* Borrows both. */
void resend_start(struct resend **resend, struct daemon *daemon, struct request_writer *writer);
void resend_stop(struct resend *resend); /* NULL is fine */
void resend_tick(struct resend *resend);
uint64_t resend_count(const struct resend *resend); /* ever sent again */

#endif
