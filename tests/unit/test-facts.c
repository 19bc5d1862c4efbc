/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an answer depends on, and what of it changed in words. */
#include "drivers/qemu/facts.h"

typedef struct {
    const char *label, *before, *now, *difference;
} Row;

static const Row rows[] = {
    { "same", "size=1\nkernel=a b\n", "size=1\nkernel=a b\n", NULL },
    { "first", "size=1\ninode=2\n", "size=3\ninode=2\n", "the binary's size was '1' and is '3'" },
    { "last", "size=1\nbuild-id=ab\n", "size=1\nbuild-id=cd\n",
      "the binary's build ID was 'ab' and is 'cd'" },
    { "two", "size=1\ninode=2\n", "size=3\ninode=4\n",
      "the binary's size was '1' and is '3'; the binary's inode was '2' and is '4'" },
    { "folder", "modules /usr/lib/qemu=ab\n", "modules /usr/lib/qemu=cd\n",
      "the QEMU modules in '/usr/lib/qemu' changed" },
    { "new-folder", "", "firmware /usr/share/qemu=ab\n",
      "the firmware in '/usr/share/qemu' is new" },
    { "no-folder", "modules /x=ab\nsize=1\n", "size=1\n", "the QEMU modules in '/x' is gone" },
    { "parameter", "kvm-parameter kvm_intel.nested=Y\n", "kvm-parameter kvm_intel.nested=N\n",
      "the parameter 'kvm_intel.nested' of a KVM module was 'Y' and is 'N'" },
    { "unknown", "new fact=1\n", "new fact=2\n", "new fact changed" },
    { "format", "%s%n=1\n", "%s%n=2\n", "%s%n changed" },
    { "percent", "kvm-parameter %s=1\n", "kvm-parameter %s=2\n",
      "the parameter '%s' of a KVM module was '1' and is '2'" },
    { "no-facts", "identity", "another", NULL },
    { "nothing", NULL, "size=1\n", "the binary's size is new" },
};

static void
test_difference(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *difference = virtcpu_qemu_facts_difference(row->before, row->now);

    g_assert_cmpstr(difference, ==, row->difference);
}

/* a value cannot pose as another fact */
static void
test_add(void)
{
    g_autoptr(GString) facts = g_string_new(NULL);

    virtcpu_qemu_facts_add(facts, "a", "1\nb=2\r");
    virtcpu_qemu_facts_add(facts, "c", NULL);
    virtcpu_qemu_facts_add(facts, "d", "");
    g_assert_cmpstr(facts->str, ==, "a=1 b=2 \nd=\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/facts/difference/", rows[i].label, NULL);

        g_test_add_data_func(path, &rows[i], test_difference);
    }
    g_test_add_func("/facts/add", test_add);
    return g_test_run();
}
