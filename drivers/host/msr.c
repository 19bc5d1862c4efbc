/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/msr.h"

#include "drivers/host/kvm.h"

#include <fcntl.h>
#include <unistd.h>

/* Capability MSRs and the feature that announces them (Intel SDM volume 4, table 2-2, and volume 3,
 * appendix A). */
static const struct {
    guint32 first, last;
    const char *feature;
} msr_rows[] = {
    { 0xcf, 0xcf, "core-capability" },
    { 0x10a, 0x10a, "arch-capabilities" },
    { 0x480, 0x491, "vmx" },
    { 0x493, 0x493, "vmx" },
};

/* The device's file offset is the MSR's index (msr(4)). */
static gboolean
read_device(int fd, guint32 index, guint64 *value)
{
    return fd >= 0 && pread(fd, value, sizeof(*value), index) == (gssize)sizeof(*value);
}

void
virtcpu_msr_read_host(VirtCpuData *data, int kvm_fd)
{
    int fd = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);

    for (gsize row = 0; row < G_N_ELEMENTS(msr_rows); row++) {
        if (!virtcpu_cpu_data_has_feature(data, msr_rows[row].feature)) {
            continue;
        }
        for (guint32 index = msr_rows[row].first; index <= msr_rows[row].last; index++) {
            guint64 value;

            if (read_device(fd, index, &value) || virtcpu_kvm_read_msr(kvm_fd, index, &value)) {
                virtcpu_cpu_data_add_msr(data, index, value);
            }
        }
    }
    if (fd >= 0) {
        close(fd);
    }
}
