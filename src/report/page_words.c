/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the verdict, explained: the sentences are those of model/words.h. */
#include "report/page_parts.h"

#include "report/format.h"

static void put_word(FILE *file, const char *word, const char *sentence)
{
    html_put_between(file, "<dt>", word, "</dt><dd>");
    html_put_sentence(file, sentence);
}

/* A word that a sentence explains among others. */
static void put_member(FILE *file, const char *word, const char *sentence)
{
    html_put_between(file, "<em>", word, "</em>: ");
    html_put_sentence(file, sentence);
}

int page_put_classification_words(void *context, FILE *file, struct error *err)
{
    (void)context;
    (void)err;
    for (unsigned index = 0; index < CLASSIFICATION_COUNT; index++) {
        enum classification classification = (enum classification)index;

        put_word(file, classification_word(classification),
                 classification_sentence(classification));
        for (unsigned sure = CONFIDENCE_COUNT - 1;
             classification == CLASSIFICATION_AFFECTED && sure > CONFIDENCE_NONE; sure--) {
            fputs(" ", file);
            put_member(file, confidence_word((enum confidence)sure),
                       confidence_sentence((enum confidence)sure));
        }
        fputs("</dd>\n", file);
    }
    return 0;
}

int page_put_state_words(void *context, FILE *file, struct error *err)
{
    (void)context;
    (void)err;
    fputs("<dt>state</dt><dd>", file);
    for (unsigned state = 0; state < ACTIVATION_STATE_COUNT; state++) {
        fputs(state > 0 ? " " : "", file);
        put_member(file, activation_state_word((enum activation_state)state),
                   activation_state_sentence((enum activation_state)state));
    }
    fputs("</dd>\n", file);
    return 0;
}

int page_put_review_words(void *context, FILE *file, struct error *err)
{
    (void)context;
    (void)err;
    for (unsigned note = 0; note < REVIEW_NOTE_COUNT; note++) {
        put_word(file, review_note_word((enum review_note)note),
                 review_note_sentence((enum review_note)note));
        fputs("</dd>\n", file);
    }
    return 0;
}
