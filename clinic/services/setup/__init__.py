"""What a practice manager arranges: clinics, chairs, people, rota, protocols, accounts. All of it keeps the diary."""

from .errors import InvalidSetup, SessionsInTheWay, Stranded

__all__ = ["InvalidSetup", "SessionsInTheWay", "Stranded"]
