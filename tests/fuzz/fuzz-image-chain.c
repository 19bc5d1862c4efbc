/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The head of a disk image, which a guest may have written: whatever it says, the names found are
 * absolute, few and no longer than the format's. */
#include "conf/fd.h"
#include "drivers/qemu/image-chain.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_auto(VirtCpuFd) fd = memfd_create("image", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, data, size), ==, (gssize)size);
    virtcpu_image_chain(path, "qcow2", found);
    g_assert_cmpuint(found->len, <=, 200);
    for (guint i = 0; i < found->len; i++) {
        const char *name = g_ptr_array_index(found, i);

        g_assert_true(g_path_is_absolute(name));
        g_assert_cmpuint(strlen(name), <=, 1023 + strlen("/proc/self/fd/"));
    }
    virtcpu_image_chain(path, "raw", found);
    return 0;
}
