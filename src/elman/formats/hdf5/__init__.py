"""HDF5 files: read without libhdf5 and within bounds (`reader`), written by h5py (`writing`).

source       the bytes, of which no more is read than there is
superblock   where the file begins            objects      which messages an object has
groups       which members a group has        attributes   what its attributes are
datasets     what an array is, by its datatypes, layouts and filters
btrees, heaps, fractal_heaps   what members, chunks and texts are found by
"""

from elman.formats.hdf5.datasets import Dataset
from elman.formats.hdf5.reader import Group, Reader, begins, reading
from elman.formats.hdf5.writing import written

__all__ = ["Dataset", "Group", "Reader", "begins", "reading", "written"]
