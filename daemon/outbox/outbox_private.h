/*
 * outbox_private.h - inside the outbox: what a channel is at, and one delivery. outbox.c asks
 * what is due, outbox_delivery.c carries it out.
 */
#ifndef OUTBOX_PRIVATE_H
#define OUTBOX_PRIVATE_H

#include "base/log.h"
#include "daemon.h"
#include "outbox/outbox.h"
#include "outbox/outbox_request.h"

#define MAX_KEY 200
#define MAX_ADDRESS 254
#define OUTBOX_NO_CHANNEL "the configuration has no such channel any more"

struct channel_state {
    char name[MAX_ID + 1]; /* outlives the configuration it is from */
    struct outbox_status status;
    struct complaint complaint;
    struct pace pace;     /* on the monotonic clock */
    uint32_t n_in_flight; /* not answered yet */
    bool asking, again;   /* the store is asked; and is to be asked once more */
    bool counting;        /* and how much waits */
    int64_t counted_ns;   /* monotonic */
    int64_t digest_ns;    /* monotonic: when the last digest went out; 0 none */
};

/* Who is known to have which address; outbox_reach.c. */
struct reach {
    struct map person;    /* by id -> struct reach_person */
    int64_t next_ns;      /* monotonic: when the next round of look-ups begins */
    uint32_t at;          /* the next person of the round, in order of the rosters */
    bool asking, running; /* the store is asked; a round is not over */
    uint32_t n_told;      /* how many were said to be missing last */
    const void *rules;    /* that the round was of: the fold comes to new ones later than we */
};

struct outbox {
    struct daemon *daemon;
    struct channel_state *channel; /* as in config->channel */
    size_t n_channels;
    struct map in_flight; /* "alarm rev channel to" -> struct delivery */
    uint32_t n_asking;
    bool stopped; /* waits only for the store's answers, to be freed */
    struct request_writer writer;
    struct resend *resend;
    struct reach reach;
};

/* One row on its way, or those of a digest. */
struct delivery {
    struct outbox *outbox;
    struct outbox_row *row;
    size_t n_rows, n_keys; /* keys that in_flight still has of it */
    uint64_t call;
    bool answered;
    /* Answered for good: what the store is told when the journal is synced past `upto`. */
    uint32_t outcome;
    struct position upto;
    int64_t at_ns;
    char why[160];
    /* Its result is handed to the store. A question that was under way by then still finds the
     * row due: it stays in in_flight until the next question is asked. */
    bool concluded;
    bool drill;
    /* While the address of the person on duty is looked up: what is to be told, owned. */
    struct outbox_row *told;
    char address[MAX_ADDRESS + 1]; /* where it went, to be kept out of what is said of it */
};

/* ---- outbox.c ---- */

/* An answer of the store came. True when the outbox is stopped; with the last answer it is
 * gone. */
bool outbox_answered(struct outbox *outbox);
/* Asks what is due, if something may go out now. */
void outbox_wake_channel(struct outbox *outbox, struct channel_state *state);

/* ---- outbox_delivery.c ---- */

/* NULL: the configuration does not have it. */
struct channel_state *outbox_state_of(struct outbox *outbox, const char *name);
const struct channel *outbox_channel(const struct config *config, const char *name);
void outbox_row_key(const struct outbox_row *row, char key[MAX_KEY]);
/* Tells `told`: the one row, or what stands for all of them. */
void outbox_deliver(struct outbox *outbox, struct channel_state *state,
                    const struct outbox_row *told, const struct outbox_row *const *row,
                    size_t n);
/* A row that was never on its way, or is to go again: the store is told at once. */
void outbox_conclude(struct outbox *outbox, const struct outbox_row *row, uint32_t outcome,
                     const char *why);
/* Hands to the store what the journal has on the disk; all of it when we stop. */
void outbox_hand_over(struct outbox *outbox, bool all);
/* When a drill went through the channel last. */
void outbox_recall_test(struct outbox *outbox, struct channel_state *state);
void delivery_free(struct delivery *delivery);
/* The address is known ("": there is none), or could not be read (NULL). `key` is of the
 * delivery's first row. */
void outbox_addressed(struct outbox *outbox, const char *key, const char *address);

/* ---- outbox_reach.c ---- */

void reach_tick(struct outbox *outbox);
void reach_done(struct reach *reach);

/* ---- outbox_address.c ---- */

/* Looks up where the row's person is reached; outbox_addressed() is told once. */
void outbox_address_find(struct outbox *outbox, const struct outbox_row *told, uint32_t kind,
                         const char *key);
/* Takes every place of the address out of the text. */
void address_hide(const char *address, char *text);

#endif
