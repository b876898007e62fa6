/*
 * complaint.c - complaints by residents, families, the 12345 line: anybody may complain, a
 * department alone says that it is over, and by when is a legal clock.
 */
#include "core/oversight/ledger.h"

enum { FILED = 1, CLOSED };
static const char *const states[] = {"", "filed", "closed", NULL};

static const struct entry_field fields[] = {
    {.name = "about", .type = FIELD_ID},
    {.name = "org", .type = FIELD_ID},
    {.name = "site", .type = FIELD_ID},
    {.name = "district", .type = FIELD_ID},
    {.name = "channel", .type = FIELD_CHOICE, .choices = "12345|family|resident|other"},
    {.name = "due", .type = FIELD_TIME},
    {.name = "result", .type = FIELD_TEXT, .max = 512},
    {.name = "satisfied", .type = FIELD_BOOL},
    {.name = NULL},
};
const struct entry_kind kind_complaints = {
    .name = "complaints", .member = "complaint", .field = fields, .state = states};

static const struct ledger_step steps[] = {
    {"complaint.filed", IS_NEW | IN(FILED), FILED, CLOCK_COMPLAINT, false, NULL},
    {"complaint.closed", IS_NEW | IN(FILED) | IN(CLOSED), CLOSED, CLOCK_NONE, false, NULL},
    {.event = NULL},
};

const struct ledger ledger_complaints = {.kind = &kind_complaints,
                                         .step = steps,
                                         .condition = CONDITION_COMPLAINT_OVERDUE,
                                         .waits = IN(FILED)};
