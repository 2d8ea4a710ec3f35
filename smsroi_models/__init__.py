"""smsroi: did this text campaign pay for itself, how sure are we, what should we do next?"""
