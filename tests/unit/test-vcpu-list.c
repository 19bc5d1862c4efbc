/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/vcpu-list.h"

#include <string.h>

/* vCPUs of a domain that has 6 at most, switched; what it comes to, or why not. */
typedef struct {
    unsigned fixed, now;
    const char *list;
    gboolean on;
    unsigned fixed_after, after; /* 0: refused */
    int code;
    const char *words;
} Row;

static const Row in_definition[] = {
    { 2, 2, "6", TRUE, 0, 0, VIRTCPU_ERR_INVALID_ARG, "vcpu 6 is not present in persistent" },
    { 2, 2, "0", TRUE, 0, 0, VIRTCPU_ERR_INVALID_ARG, "vCPU '0' can't be modified" },
    { 2, 2, "0-1", FALSE, 0, 0, VIRTCPU_ERR_INVALID_ARG, "vCPU '0' can't be modified" },
    { 4, 4, "1", FALSE, 0, 0, VIRTCPU_ERR_INVALID_ARG, "followed by non-hotpluggable" },
    { 2, 2, "3", TRUE, 0, 0, VIRTCPU_ERR_CONFIG_UNSUPPORTED, "must be the first" },
    { 1, 4, "2", FALSE, 0, 0, VIRTCPU_ERR_CONFIG_UNSUPPORTED, "must be the first" },
    { 1, 4, "1,3", FALSE, 0, 0, VIRTCPU_ERR_CONFIG_UNSUPPORTED, "must be the first" },
    { 2, 2, "2", TRUE, 2, 3, 0, NULL },
    { 2, 2, "2-5", TRUE, 2, 6, 0, NULL },
    { 2, 2, "1", TRUE, 1, 2, 0, NULL },
    { 2, 2, "1", FALSE, 1, 1, 0, NULL },
    { 4, 4, "2-4", TRUE, 2, 5, 0, NULL },
    { 2, 2, "5", FALSE, 2, 2, 0, NULL },
    { 1, 4, "2-3", FALSE, 1, 2, 0, NULL },
    { 1, 4, "2-3", TRUE, 1, 4, 0, NULL },
};

static const Row in_guest[] = {
    { 2, 2, "6", TRUE, 0, 0, VIRTCPU_ERR_INVALID_ARG, "vcpu 6 is not present in live" },
    { 2, 2, "1", TRUE, 0, 0, VIRTCPU_ERR_INVALID_ARG, "vcpu '1' is already in requested state" },
    { 2, 3, "2,4", FALSE, 0, 0, VIRTCPU_ERR_INVALID_ARG, "vcpu '4' is already" },
    { 2, 2, "2-3", TRUE, 0, 0, VIRTCPU_ERR_OPERATION_UNSUPPORTED, "only one hotpluggable" },
    { 2, 2, "0", FALSE, 0, 0, VIRTCPU_ERR_OPERATION_UNSUPPORTED, "vcpu '0' can't be unplugged" },
    { 2, 2, "3", TRUE, 0, 0, VIRTCPU_ERR_CONFIG_UNSUPPORTED, "must be the first" },
    { 1, 4, "2", FALSE, 0, 0, VIRTCPU_ERR_CONFIG_UNSUPPORTED, "must be the first" },
    { 2, 2, "2", TRUE, 2, 3, 0, NULL },
    { 1, 6, "5", FALSE, 1, 5, 0, NULL },
};

static void
check(const Row *rows, gsize count,
      gboolean (*change)(VirtCpuDomainDef *def, const VirtCpuCpuset *vcpus, gboolean on,
                         GError **error))
{
    for (const Row *row = rows; row < rows + count; row++) {
        g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
        g_autoptr(VirtCpuCpuset) vcpus = virtcpu_cpuset_parse(row->list);
        g_autoptr(GError) error = NULL;
        gboolean done;

        g_test_message("%u of %u: %s %s", row->fixed, row->now, row->list, row->on ? "on" : "off");
        def->max_vcpus = 6;
        def->vcpus = row->now;
        def->fixed_vcpus = row->fixed;
        done = change(def, vcpus, row->on, &error);
        g_assert_true(done == (row->after != 0));
        if (done) {
            g_assert_no_error(error);
            g_assert_cmpuint(def->vcpus, ==, row->after);
            g_assert_cmpuint(virtcpu_domain_def_fixed_vcpus(def), ==, row->fixed_after);
        } else {
            g_assert_error(error, VIRTCPU_ERROR, row->code);
            g_assert_nonnull(strstr(error->message, row->words));
            g_assert_cmpuint(def->vcpus, ==, row->now);
        }
    }
}

static void
test_in_definition(void)
{
    check(in_definition, G_N_ELEMENTS(in_definition), virtcpu_vcpu_list_define);
}

static void
test_in_guest(void)
{
    check(in_guest, G_N_ELEMENTS(in_guest), virtcpu_vcpu_list_switch);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vcpu-list/in-definition", test_in_definition);
    g_test_add_func("/vcpu-list/in-guest", test_in_guest);
    return g_test_run();
}
