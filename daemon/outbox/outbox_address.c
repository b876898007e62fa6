/*
 * outbox_address.c - where a person on duty is reached. A roster names an id; number and mail
 * address are in the table of names, sealed, and are known here from the look-up of one message
 * until its answer. Nothing of it is in a row, a record or a log, and each look is a line of
 * the audit before the message goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/json_read.h"
#include "io/store_audit.h"
#include "io/store_names.h"
#include "outbox/outbox_private.h"

struct look {
    struct outbox *outbox;
    char key[MAX_KEY]; /* of the delivery, which may be gone when the answer comes */
    char person[MAX_ID + 1], channel[MAX_ID + 1], alarm[HASH_ID_MAX];
    uint32_t kind; /* enum cw_address */
    char address[MAX_ADDRESS + 1];
};

static void look_free(struct look *look)
{
    explicit_bzero(look->address, sizeof(look->address));
    free(look);
}

static void on_audited(void *ctx)
{
    struct look *look = ctx;
    if (!outbox_answered(look->outbox))
        outbox_addressed(look->outbox, look->key, look->address);
    look_free(look);
}

static void write_audit(struct look *look)
{
    char what[MAX_ID + 40], of[MAX_ID + HASH_ID_MAX + 2];
    (void)snprintf(what, sizeof(what), "%s for channel %s",
                   look->kind == CW_ADDRESS_EMAIL ? "mail address" : "telephone number",
                   look->channel);
    (void)snprintf(of, sizeof(of), "%s %s", look->person, look->alarm);
    const struct audit_entry entry = {.at_ns = clock_wall_ns(),
                                      .by = "carewatch",
                                      .role = "daemon",
                                      .from = "local",
                                      .what = what,
                                      .of = of,
                                      .status = look->address[0] ? 200 : 404};
    store_audit(look->outbox->daemon->store, &entry, on_audited, look);
}

static void on_contact(void *ctx, struct cw_str text, uint64_t was_read)
{
    struct look *look = ctx;
    struct outbox *outbox = look->outbox;
    if (outbox->stopped || !was_read) {
        if (!outbox_answered(outbox))
            outbox_addressed(outbox, look->key, NULL);
        look_free(look);
        return;
    }
    struct json_node *root = text.n > 0 ? json_read(text, NULL) : NULL;
    const char *member = look->kind == CW_ADDRESS_EMAIL ? "email" : "phone";
    (void)str_copy(look->address, sizeof(look->address),
                   str_of(node_text(node_get(root, member), "")));
    json_read_free(root);
    write_audit(look);
}

void outbox_address_find(struct outbox *outbox, const struct outbox_row *told, uint32_t kind,
                         const char *key)
{
    struct look *look = xcalloc(1, sizeof(*look));
    look->outbox = outbox;
    look->kind = kind;
    (void)str_copy(look->key, sizeof(look->key), str_of(key));
    (void)str_copy(look->person, sizeof(look->person), str_of(told->to));
    (void)str_copy(look->channel, sizeof(look->channel), str_of(told->channel));
    (void)str_copy(look->alarm, sizeof(look->alarm), str_of(told->alarm));
    outbox->n_asking++;
    store_name_get(outbox->daemon->store, NAMES_OF_DUTY, look->person, on_contact, look);
}

void address_hide(const char *address, char *text)
{
    size_t n = strlen(address);
    for (char *at = text; n > 0 && (at = strstr(at, address)); at += n)
        memset(at, '*', n);
}
