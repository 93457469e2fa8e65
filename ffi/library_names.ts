/** Names of the CUDA libraries and of the folders that wheels put them into. */

/** The libraries this project calls. */
export type LibraryName = "cuda" | "cudart" | "nvrtc" | "cublas" | "cudnn" | "nccl";

/** How a library is called on Linux. */
export interface LibraryNaming {
  /** For people. */
  readonly title: string;
  /** File name for a CUDA version. */
  readonly soname: (cudaMajor: number) => string;
  /** Folders below `site-packages`. */
  readonly wheelFolders: (cudaMajor: number) => readonly string[];
  /** Whether all but training on several GPUs goes without it. */
  readonly optional?: boolean;
}

/** Wheels of CUDA 13 share one folder; those of CUDA 12 have one each. */
const wheelFolder = (cuda12: string) => (cudaMajor: number): readonly string[] =>
  cudaMajor >= 13 ? [`nvidia/cu${cudaMajor}/lib`] : [`nvidia/${cuda12}/lib`];

/** Every library by its short name. */
export const LIBRARIES: Readonly<Record<LibraryName, LibraryNaming>> = {
  cuda: { title: "NVIDIA driver", soname: () => "libcuda.so.1", wheelFolders: () => [] },
  cudart: {
    title: "CUDA runtime",
    soname: (major) => `libcudart.so.${major}`,
    wheelFolders: wheelFolder("cuda_runtime"),
  },
  nvrtc: { title: "NVRTC", soname: (major) => `libnvrtc.so.${major}`, wheelFolders: wheelFolder("cuda_nvrtc") },
  cublas: { title: "cuBLAS", soname: (major) => `libcublas.so.${major}`, wheelFolders: wheelFolder("cublas") },
  cudnn: { title: "cuDNN", soname: () => "libcudnn.so.9", wheelFolders: () => ["nvidia/cudnn/lib"] },
  nccl: { title: "NCCL", soname: () => "libnccl.so.2", wheelFolders: () => ["nvidia/nccl/lib"], optional: true },
};
