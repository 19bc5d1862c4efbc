/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A passport as a cookie brings it, and with its checksum made right, as who tampers would. Either
 * is refused or is one that is written so that it reads the same again. */
#include "conf/xml.h"
#include "drivers/qemu/cpu-passport.h"
#include "tests/fuzz/fuzz.h"

static void
assert_kept(const VirtCpuPassport *passport)
{
    g_autofree char *written = virtcpu_passport_to_xml(passport);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuPassport) second = virtcpu_passport_parse(written, &error);
    g_autofree char *again = NULL;

    g_assert_no_error(error);
    again = virtcpu_passport_to_xml(second);
    g_assert_cmpstr(again, ==, written);
}

static void
read_node(xmlNode *node)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuPassport) passport = virtcpu_passport_parse_node(node, &error);

    g_assert_true((passport == NULL) == (error != NULL));
    if (passport != NULL) {
        assert_kept(passport);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(text, NULL);
    xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;
    g_autofree char *checksum = NULL;

    if (root == NULL) {
        return 0;
    }
    read_node(root);
    checksum = virtcpu_passport_checksum(root);
    xmlSetProp(root, (const xmlChar *)"checksum", (const xmlChar *)checksum);
    read_node(root);
    return 0;
}
