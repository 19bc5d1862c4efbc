/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/words.h"

const char *
virtcpu_words_to_string(const VirtCpuWords *table, int value)
{
    return value >= 0 && (unsigned)value < table->count ? table->words[value] : NULL;
}

int
virtcpu_words_from_string(const VirtCpuWords *table, const char *word)
{
    for (unsigned i = 0; word != NULL && i < table->count; i++) {
        if (g_strcmp0(table->words[i], word) == 0) {
            return (int)i;
        }
    }
    return -1;
}
