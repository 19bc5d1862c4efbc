/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/kvm.h"

#include "conf/i18n.h"
#include "drivers/host/cpuid.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define KVM_DEVICE "/dev/kvm"

static char *
open_reason(int errnum)
{
    switch (errnum) {
    case ENOENT:
        return g_strdup_printf(
            _("KVM cannot be used: %s does not exist; load the kernel's KVM module "
              "and enable virtualization in the firmware."),
            KVM_DEVICE);
    case EACCES:
    case EPERM:
        return g_strdup_printf(_("KVM cannot be used: access to %s is denied; run as root or as a "
                                 "member of the group that owns it."),
                               KVM_DEVICE);
    default:
        return g_strdup_printf(_("KVM cannot be used: opening %s failed: %s."), KVM_DEVICE,
                               g_strerror(errnum));
    }
}

/* A machine made and dropped at once: with another hypervisor at work, or virtualization locked by
 * the firmware, the device opens but this fails. */
static gboolean
can_create_machine(int fd, char **reason)
{
    int machine = ioctl(fd, KVM_CREATE_VM, 0);

    if (machine < 0) {
        *reason = g_strdup_printf(_("KVM cannot be used: making a virtual machine failed: %s."),
                                  g_strerror(errno));
        return FALSE;
    }
    close(machine);
    return TRUE;
}

int
virtcpu_kvm_open(char **reason)
{
    int fd = open(KVM_DEVICE, O_RDWR | O_CLOEXEC);
    int version;

    if (fd < 0) {
        *reason = open_reason(errno);
        return -1;
    }
    version = ioctl(fd, KVM_GET_API_VERSION, 0);
    if (version != KVM_API_VERSION) {
        *reason = g_strdup_printf(
            _("KVM cannot be used: the kernel has API version %d, version %d is needed."), version,
            KVM_API_VERSION);
        close(fd);
        return -1;
    }
    if (!can_create_machine(fd, reason)) {
        close(fd);
        return -1;
    }
    return fd;
}

gboolean
virtcpu_kvm_is_accessible(void)
{
    return access(KVM_DEVICE, R_OK | W_OK) == 0;
}

#if defined(__x86_64__) || defined(__i386__)
/* Far over what any kernel lists (KVM_MAX_CPUID_ENTRIES is 256, feature MSRs some 40). */
#define MAX_ENTRIES 4096

/* KVM_GET_SUPPORTED_CPUID's answer in a buffer that grows until it fits; NULL on failure (transfer
 * full). */
static struct kvm_cpuid2 *
supported_cpuid(int fd)
{
    for (guint32 entries = 128; entries <= MAX_ENTRIES; entries *= 2) {
        g_autofree struct kvm_cpuid2 *cpuid =
            g_malloc0(sizeof(*cpuid) + entries * sizeof(cpuid->entries[0]));

        cpuid->nent = entries;
        if (ioctl(fd, KVM_GET_SUPPORTED_CPUID, cpuid) == 0) {
            return g_steal_pointer(&cpuid);
        }
        if (errno != E2BIG) {
            return NULL;
        }
    }
    return NULL;
}

static void
add_feature_msrs(int fd, VirtCpuData *data)
{
    g_autofree struct kvm_msr_list *list = NULL;
    struct kvm_msr_list size = { .nmsrs = 0 };

    /* fails with E2BIG and tells the number */
    (void)ioctl(fd, KVM_GET_MSR_FEATURE_INDEX_LIST, &size);
    if (size.nmsrs == 0 || size.nmsrs > MAX_ENTRIES) {
        return;
    }
    list = g_malloc0(sizeof(*list) + size.nmsrs * sizeof(list->indices[0]));
    list->nmsrs = size.nmsrs;
    if (ioctl(fd, KVM_GET_MSR_FEATURE_INDEX_LIST, list) != 0) {
        return;
    }
    for (guint32 i = 0; i < list->nmsrs; i++) {
        guint64 value;

        if (virtcpu_kvm_read_msr(fd, list->indices[i], &value)) {
            virtcpu_cpu_data_add_msr(data, list->indices[i], value);
        }
    }
}

VirtCpuData *
virtcpu_kvm_read_supported(int fd, VirtCpuArch arch)
{
    g_autoptr(VirtCpuData) data = virtcpu_cpu_data_new(arch, NULL);
    g_autofree struct kvm_cpuid2 *cpuid = supported_cpuid(fd);

    if (data == NULL || cpuid == NULL) {
        return NULL;
    }
    for (guint32 i = 0; i < cpuid->nent; i++) {
        const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];
        guint32 regs[4] = { entry->eax, entry->ebx, entry->ecx, entry->edx };

        virtcpu_cpuid_clear_identity(entry->function, regs);
        virtcpu_cpu_data_add_cpuid(data, entry->function, entry->index, regs[0], regs[1], regs[2],
                                   regs[3]);
    }
    add_feature_msrs(fd, data);
    return g_steal_pointer(&data);
}

gboolean
virtcpu_kvm_read_msr(int fd, guint32 index, guint64 *value)
{
    g_autofree struct kvm_msrs *msrs = g_malloc0(sizeof(*msrs) + sizeof(msrs->entries[0]));

    msrs->nmsrs = 1;
    msrs->entries[0].index = index;
    if (fd < 0 || ioctl(fd, KVM_GET_MSRS, msrs) != 1) {
        return FALSE;
    }
    *value = msrs->entries[0].data;
    return TRUE;
}

void
virtcpu_kvm_read_tsc(int fd, guint64 *hz, VirtCpuTristate *scaling)
{
    int machine = ioctl(fd, KVM_CREATE_VM, 0);
    int vcpu = machine < 0 ? -1 : ioctl(machine, KVM_CREATE_VCPU, 0);
    int khz = vcpu < 0 ? -1 : ioctl(vcpu, KVM_GET_TSC_KHZ, 0);

    if (khz > 0) {
        *hz = (guint64)khz * 1000;
        *scaling = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_TSC_CONTROL) > 0 ? VIRTCPU_TRISTATE_YES
                                                                           : VIRTCPU_TRISTATE_NO;
    }
    if (vcpu >= 0) {
        close(vcpu);
    }
    if (machine >= 0) {
        close(machine);
    }
}
#else
VirtCpuData *
virtcpu_kvm_read_supported(int fd, VirtCpuArch arch)
{
    return NULL;
}

gboolean
virtcpu_kvm_read_msr(int fd, guint32 index, guint64 *value)
{
    return FALSE;
}

void
virtcpu_kvm_read_tsc(int fd, guint64 *hz, VirtCpuTristate *scaling)
{
}
#endif
