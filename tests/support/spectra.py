"""The spectra of a signal that is there whole."""

from signals import Signal

from map4.core.dsp.spectrum.spectral_pass import Spectra, SpectralPass


def spectra_of(y: Signal) -> Spectra:
    spectral_pass = SpectralPass()
    spectral_pass.feed(y)
    return spectral_pass.finish()
