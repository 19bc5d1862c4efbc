/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a destination takes to decide about an arriving guest, when it has decided about such a
 * one before: from the cookie's text to the verdict. Wants a QEMU; TCG. bench-arrival [ROW] */
#include "drivers/qemu/driver-arrival.h"
#include "tests/bench/measure.h"
#include "tests/unit/folder.h"

#define DOMAIN                                                                                     \
    "<domain type='qemu'><name>bench</name><memory>65536</memory><vcpu>2</vcpu><os>"               \
    "<type arch='x86_64'>hvm</type></os><cpu mode='custom' match='exact' check='full'>"            \
    "<model>Westmere</model></cpu></domain>"

/* One guest that arrives again and again. */
typedef struct {
    VirtCpuHost *host;
    VirtCpuQemuCache *cache;
    VirtCpuDomainDef *def;
    VirtCpuPassport *passport;
    char *xml; /* of the passport */
} Question;

static void
judge(gpointer data)
{
    const Question *question = data;
    g_auto(VirtCpuArrival) arrival = { 0 };
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_arrival_judge_here(question->host, question->cache, question->def,
                                             question->passport, &arrival, &error));
    g_assert_cmpuint(arrival.obstacles->len, ==, 0);
    g_assert_cmpint(arrival.proof, ==, VIRTCPU_PROOF_GUEST);
}

static void
parse(gpointer data)
{
    const Question *question = data;
    g_autoptr(VirtCpuPassport) passport = virtcpu_passport_parse(question->xml, NULL);

    g_assert_nonnull(passport);
}

static void
run(const Measure *measure, Question *question, GError **error)
{
    question->def = virtcpu_domain_def_parse(DOMAIN, FALSE, error);
    g_assert_nonnull(question->def);
    question->passport =
        virtcpu_passport_of_start(question->host, question->cache, question->def, error);
    if (question->passport == NULL) {
        return;
    }
    question->xml = virtcpu_passport_to_xml(question->passport);
    judge(question);
    measure_run(measure, "arrival-judge", 1, judge, question);
    measure_run(measure, "passport-parse", 1, parse, question);
}

int
main(int argc, char **argv)
{
    g_autofree char *folder = g_dir_make_tmp("virtcpu-bench-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    Question question = { .host = virtcpu_host_read(NULL, &error) };
    Measure measure;

    measure_init(&measure, argc > 1 ? argv[1] : NULL);
    question.cache = virtcpu_qemu_cache_new(question.host, folder, NULL, 0, &error);
    run(&measure, &question, &error);
    if (error != NULL) {
        g_printerr("no figures: %s\n", error->message);
    }
    virtcpu_passport_unref(question.passport);
    virtcpu_domain_def_free(question.def);
    virtcpu_qemu_cache_free(question.cache);
    virtcpu_host_unref(question.host);
    g_free(question.xml);
    measure_clear(&measure);
    test_folder_remove(folder);
    return error != NULL ? 77 : 0;
}
