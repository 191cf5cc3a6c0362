"""Every attack there is, in the order in which they are carried out."""

from tests.redteam import camera, files, http, learnt, leave, machine, settings, sockets, sources
from tests.redteam.attack import Attack

FILES = (leave, learnt, sources, camera, http, sockets, files, settings, machine)
EVERY = tuple(one for file in FILES for one in vars(file).values() if isinstance(one, Attack))
